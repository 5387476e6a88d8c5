//! An asynchronous program without any input or output: tasks wait for each other,
//! for time, and for a function that computes in a thread.
//!
//! Run it: `cargo run --example asynchrony_without_nonblocking_io`
//!
//! Shows: asynchrony_without_nonblocking_io

use asyncio::{Event, Result, create_task, run, sleep, to_thread};

// ANCHOR: program
async fn runner(name: &'static str, start: Event) -> Result<()> {
    start.wait().await?;
    println!("{name} has started");
    Ok(())
}

async fn program() -> Result<()> {
    let start = Event::new();
    let runners =
        ["Ada", "Bo"].map(|name| create_task(runner(name, start.clone())));
    sleep(1).await?;
    println!("a second has passed");
    start.set();
    for runner in runners {
        runner.await?;
    }
    let sum = to_thread(|| (1..=1000).sum::<u64>()).await?;
    println!("a thread has computed {sum}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
