//! A function that blocks for two seconds runs in a thread, through a task, while
//! the coroutine that started it goes on:
//! `asyncio.create_task(asyncio.to_thread(blocking_task))`.
//!
//! Run it: `cargo run --example to_thread_blocking`
//!
//! Shows: to_thread_blocking

use asyncio::{Result, create_task, run, sleep, time, to_thread};

// ANCHOR: program
fn blocking_task() {
    println!("Task starting");
    time::sleep(2);
    println!("Task done");
}

async fn program() -> Result<()> {
    println!("Main running the blocking task");
    let coro = to_thread(blocking_task);
    let task = create_task(coro);
    println!("Main doing other things");
    // Lets the task take its first step, which starts the thread.
    sleep(0).await?;
    task.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
