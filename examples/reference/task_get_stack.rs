//! Where a task stands: one frame while it is suspended, nothing once it is done.
//! `print_stack` writes it to standard error, `format_stack` gives the same text.
//!
//! Run it: `cargo run --example task_get_stack`
//!
//! Shows: task_get_stack, task_print_stack

use asyncio::{
    Result, Task, ValueError, create_task, get_running_loop, run, sleep,
};

// ANCHOR: coroutine
async fn refuel(station: &str) -> Result<()> {
    let pump = get_running_loop()?.create_future::<()>();
    get_running_loop()?.call_later(1, {
        let pump = pump.clone();
        move || pump.set_result(()).expect("it is set only here")
    })?;
    pump.await?;
    if station == "empty" { Err(ValueError::new("no fuel").into()) } else { Ok(()) }
}
// ANCHOR_END: coroutine

fn tell(task: &Task<()>) {
    let functions: Vec<&str> =
        task.get_stack().iter().map(|frame| frame.function).collect();
    println!("{}: {functions:?}", task.get_name());
}

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(refuel("open")).named("suspended");
    let failing = create_task(refuel("empty")).named("failed");
    sleep(0).await?;
    tell(&task);
    print!("{}", task.format_stack());
    task.print_stack();

    (&task).await?;
    task.set_name("done");
    tell(&task);

    // Unlike Python's exceptions, Rust's errors do not remember where they came
    // from, so there is no traceback to show.
    sleep(0).await?;
    tell(&failing);
    failing.print_stack();
    failing.exception()?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
