//! A futurelock: a branch of a `select` waits for a lock, another branch is ready
//! first, and its body wants the same lock. The lock is offered to the wait that
//! the task does not poll any more.
//!
//! Run it: `cargo run --example futurelock`

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use asyncio::{Clock, Lock, Result, Runner, create_task, sleep};

// ANCHOR: program
/// Waits until one of the two is ready, as the `select!` of other crates does.
async fn select(
    mut first: impl Future<Output = Result<()>> + Unpin,
    mut second: impl Future<Output = Result<()>> + Unpin,
) -> Result<()> {
    poll_fn(|cx| match pin!(&mut first).poll(cx) {
        Poll::Pending => pin!(&mut second).poll(cx),
        ready => ready,
    })
    .await
}

async fn write(log: Lock) -> Result<()> {
    let mut unfinished = Box::pin(log.acquire());
    select(&mut unfinished, Box::pin(sleep(1))).await?;
    // A second has passed, and `unfinished` is still in line.
    let _held = log.lock().await?;
    println!("written");
    Ok(())
}

async fn program() -> Result<()> {
    let log = Lock::new();
    let held = log.lock().await?;
    let writer = create_task(write(log)).named("writer");
    sleep(2).await?;
    drop(held);
    writer.await
}
// ANCHOR_END: program

fn main() {
    if let Err(error) = Runner::new().clock(Clock::Virtual).run(program()) {
        println!("{error}");
    }
}
