//! Cancelling a future cancels it there and then. Cancelling a task is a request:
//! its coroutine may catch the error, go on, and return as if nothing had happened.
//!
//! Run it: `cargo run --example cancel_gives_no_guarantee`
//!
//! Shows: cancel_gives_no_guarantee

use asyncio::{Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn surgeon() -> Result<&'static str> {
    let mut called = sleep(2).await;
    while called.is_err_and(|error| error.is_cancelled()) {
        println!("not now");
        called = sleep(2).await;
    }
    Ok("the patient is well")
}

async fn program() -> Result<()> {
    let future = get_running_loop()?.create_future::<()>();
    println!("the future takes it: {}", future.cancel().repr());
    println!("it is cancelled: {}", future.cancelled().repr());

    let task = create_task(surgeon());
    sleep(1).await?;
    println!("the task takes it: {}", task.cancel().repr());
    println!("{}", (&task).await?);
    println!("it is cancelled: {}", task.cancelled().repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
