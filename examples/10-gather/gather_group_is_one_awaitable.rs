//! `asyncio.gather` does not wait: it returns a future that stands for the whole
//! group. The group runs as soon as its maker suspends, awaited or not, and has
//! what every future has: `done`, `result`, `cancel`, callbacks.
//!
//! Run it: `cargo run --example gather_group_is_one_awaitable`
//!
//! Shows: gather_group_is_one_awaitable, gather_returns_future,
//! gather_runs_without_await, gather_await_group

use asyncio::{Result, create_task, gather, run, sleep};
use guide::repr::{Repr, raised};

// ANCHOR: row
async fn row(boat: &str, minutes: i32) -> Result<i32> {
    println!("{boat} casts off");
    sleep(minutes).await?;
    println!("{boat} is in the harbour");
    Ok(minutes)
}
// ANCHOR_END: row

// ANCHOR: group
async fn regatta() -> Result<()> {
    let boats = [create_task(row("Gull", 2)), create_task(row("Heron", 1))];
    // Given by reference: then the results are copied, and can be asked for more
    // than once.
    let group = gather(&boats);
    println!("{group:?}");
    if let Err(error) = group.result() {
        println!("too early: {}", raised(&error));
    }
    let _ = group.add_done_callback(|group| {
        println!("callback: done={}", group.done().repr())
    });

    // Nobody awaits the group here, and it runs all the same.
    sleep(3).await?;
    println!("done={} result={}", group.done().repr(), group.result()?.repr());
    println!("cancel() of a group that is done: {}", group.cancel().repr());
    println!("awaited in the end: {}", group.await?.repr());
    Ok(())
}
// ANCHOR_END: group

// ANCHOR: cancel
async fn storm() -> Result<()> {
    let group = gather([row("Gull", 2), row("Heron", 1)]);
    sleep(0).await?;
    println!("cancel(): {}", group.cancel().repr());
    match (&group).await {
        Ok(minutes) => println!("home after {}", minutes.repr()),
        Err(error) => println!("awaiting the group raises {}", raised(&error)),
    }
    // The group holds the error as its exception; it is its members that were
    // cancelled.
    println!("done={} cancelled={}", group.done().repr(), group.cancelled().repr());
    Ok(())
}
// ANCHOR_END: cancel

async fn program() -> Result<()> {
    regatta().await?;
    storm().await
}

fn main() -> Result<()> {
    run(program())
}
