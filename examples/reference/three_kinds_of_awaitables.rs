//! What can stand before `.await`: a coroutine, a task that runs one, and a future
//! that other code completes.
//!
//! Run it: `cargo run --example three_kinds_of_awaitables`
//!
//! Shows: three_kinds_of_awaitables

use asyncio::{Result, create_task, get_running_loop, run};

// ANCHOR: program
async fn double(number: i32) -> Result<i32> {
    Ok(2 * number)
}

async fn program() -> Result<()> {
    let coroutine = double(1);
    println!("from the coroutine: {}", coroutine.await?);

    let task = create_task(double(2));
    println!("from the task: {}", task.await?);

    let event_loop = get_running_loop()?;
    let future = event_loop.create_future();
    let setter = future.clone();
    event_loop
        .call_soon(move || setter.set_result(6).expect("it is set only here"))?;
    println!("from the future: {}", future.await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
