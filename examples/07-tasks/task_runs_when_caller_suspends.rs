//! A new task waits for its turn: it begins when the coroutine that made it
//! suspends, by a sleep, by waiting for something else, or by waiting for the task.
//! A call that does not suspend gives it no turn.
//!
//! Run it: `cargo run --example task_runs_when_caller_suspends`
//!
//! Shows: task_runs_when_caller_suspends, task_order_follows_the_loop

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: greet
async fn greet(guest: &str) -> Result<()> {
    println!("  hello, {guest}");
    Ok(())
}
// ANCHOR_END: greet

// ANCHOR: main
async fn program() -> Result<()> {
    println!("asleep");
    create_task(greet("Ines"));
    println!("  task made");
    sleep(0.1).await?;

    println!("waiting for another");
    let other = create_task(sleep(0.1));
    create_task(greet("Juri"));
    println!("  task made");
    other.await?;

    println!("waiting for the task");
    let task = create_task(greet("Kaya"));
    println!("  task made");
    task.await?;

    println!("awaiting a coroutine that never waits");
    create_task(greet("Lars"));
    println!("  task made");
    greet("Mona, who is no task").await?;
    println!("  Lars has had no turn yet");
    sleep(0).await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
