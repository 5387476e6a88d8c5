//! A helper task cancels the shield around a task: a task that awaits the shield
//! gets `CancelledError`, and the shielded task goes on to its result.
//!
//! Run it: `cargo run --example shield_task`
//!
//! Shows: shield_task

use asyncio::{Future, Result, create_task, run, shield, sleep};
use guide::repr::Repr;

// ANCHOR: coroutines
async fn simple_task(number: i32) -> Result<i32> {
    sleep(1).await?;
    Ok(number)
}

async fn cancel_task(task: Future<i32>) -> Result<()> {
    sleep(0.2).await?;
    let was_cancelled = task.cancel();
    println!("cancelled: {}", was_cancelled.repr());
    Ok(())
}
// ANCHOR_END: coroutines

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(simple_task(1));
    let shielded = shield(&task);
    create_task(cancel_task(shielded.clone()));

    match (&shielded).await {
        Ok(result) => println!(">got: {result}"),
        Err(error) if error.is_cancelled() => println!("shielded was cancelled"),
        Err(error) => return Err(error),
    }

    sleep(1).await?;
    println!("shielded: {shielded:?}");
    println!("task: {task:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
