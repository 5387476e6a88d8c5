//! When a request to cancel arrives: at the await where the task waits, the next
//! time it gets to run. One that never ran never will, and one that runs hears of
//! it at its next wait, or when it returns.
//!
//! Run it: `cargo run --example cancel_raises_at_next_run`
//!
//! Shows: cancel_raises_at_next_run, unhandled_cancel_marks_cancelled

use asyncio::{Result, Task, create_task, current_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: patrol
async fn patrol() -> Result<()> {
    println!("  the guard sets off");
    let result = sleep(60).await;
    println!("  the guard is stopped: {}", result.repr());
    result?;
    println!("  never printed: the question mark has left the function");
    Ok(())
}
// ANCHOR_END: patrol

// ANCHOR: resign
/// Asks its own task to cancel, and goes on until it has to wait.
async fn resign() -> Result<()> {
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    myself.cancel();
    println!("  asked, and still at work");
    let result = sleep(60).await;
    println!("  the first wait: {}", result.repr());
    result
}

/// Asks as well, and returns without having to wait.
async fn leave() -> Result<()> {
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    myself.cancel();
    println!("  asked, and gone");
    Ok(())
}
// ANCHOR_END: resign

async fn end(task: Task<()>) -> Result<()> {
    // Everything that is queued before this line has run when it goes on.
    sleep(0).await?;
    let ended = (&task).await;
    println!("  {}, cancelled: {}", ended.repr(), task.cancelled().repr());
    Ok(())
}

// ANCHOR: main
async fn program() -> Result<()> {
    println!("waiting");
    let task = create_task(patrol());
    sleep(1).await?;
    task.cancel();
    println!("  asked");
    end(task).await?;

    println!("not begun");
    let task = create_task(patrol());
    task.cancel();
    end(task).await?;

    println!("running");
    end(create_task(resign())).await?;
    end(create_task(leave())).await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
