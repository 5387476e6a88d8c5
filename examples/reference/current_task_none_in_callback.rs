//! Asking the loop about its tasks: which one runs now (none, while it calls a
//! callback) and which ones are not finished. Python's older class methods
//! `Task.current_task` and `Task.all_tasks`, gone since 3.9, are these two
//! functions.
//!
//! Run it: `cargo run --example current_task_none_in_callback`
//!
//! Shows: current_task_none_in_callback, all_tasks_not_done

use asyncio::{
    Result, all_tasks, create_task, current_task, get_running_loop, run, sleep,
};
use guide::repr::raised;

// ANCHOR: current
fn tell(place: &str) {
    match current_task() {
        Ok(Some(task)) => println!("{place}: {}", task.get_name()),
        Ok(None) => println!("{place}: None"),
        Err(error) => println!("{place}: {}", raised(&error)),
    }
}
// ANCHOR_END: current

// ANCHOR: program
async fn program() -> Result<()> {
    tell("in a coroutine");
    get_running_loop()?.call_soon(|| tell("in a callback"))?;
    sleep(0).await?;

    let short = create_task(sleep(1)).named("short");
    let _long = create_task(sleep(2)).named("long");
    short.await?;
    for task in all_tasks()? {
        println!("not finished: {}", task.get_name());
    }
    Ok(())
}

fn main() -> Result<()> {
    tell("without a loop");
    run(program())
}
// ANCHOR_END: program
