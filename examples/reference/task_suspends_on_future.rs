//! What a task does when its coroutine awaits a future: it suspends the coroutine
//! until the future is done. Meanwhile the loop runs others, a step at a time. A
//! cancellation reaches through the task to the future it waits for.
//!
//! Run it: `cargo run --example task_suspends_on_future`
//!
//! Shows: task_suspends_on_future, loop_runs_others_meanwhile,
//! cancel_cancels_awaited_future

use asyncio::{Future, Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: tasks
async fn passenger(train: Future<&'static str>) -> Result<()> {
    println!("passenger: waiting");
    println!("passenger: boarding the train to {}", train.await?);
    Ok(())
}

async fn announcer(train: Future<&'static str>) -> Result<()> {
    for announcement in ["mind the gap", "stand clear"] {
        println!("announcer: {announcement}");
        sleep(0).await?;
    }
    println!("announcer: it arrives");
    train.set_result("Basel")
}
// ANCHOR_END: tasks

// ANCHOR: program
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    let train = event_loop.create_future();
    let boarding = create_task(passenger(train.clone()));
    let announcing = create_task(announcer(train));
    event_loop.call_soon(|| println!("a callback, in between"))?;
    boarding.await?;
    announcing.await?;
    // ANCHOR_END: program

    // ANCHOR: cancel
    let next_train = event_loop.create_future();
    let waiting = create_task(passenger(next_train.clone()));
    sleep(0).await?;
    waiting.cancel();
    println!("the future is cancelled: {}", next_train.cancelled().repr());
    println!("the task is cancelled: {}", waiting.cancelled().repr());
    sleep(0).await?;
    println!("one step later: {}", waiting.cancelled().repr());
    // ANCHOR_END: cancel
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
