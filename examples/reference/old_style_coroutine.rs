//! A coroutine written without `async`: Python's decorated generator is a
//! hand-written future in Rust. What `yield from` did, polling what it waits for
//! and stopping where that is not ready, `poll` does in plain sight.
//!
//! Run it: `cargo run --example old_style_coroutine`
//!
//! Shows: old_style_coroutine

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use asyncio::tasks::Sleep;
use asyncio::{Result, run, sleep};

// ANCHOR: future
struct OldStyleCoroutine {
    sleep: Sleep,
}

fn old_style_coroutine() -> OldStyleCoroutine {
    OldStyleCoroutine { sleep: sleep(1) }
}

impl Future for OldStyleCoroutine {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        // yield from asyncio.sleep(1)
        ready!(Pin::new(&mut self.sleep).poll(cx))?;
        println!("slept, the old way");
        Poll::Ready(Ok(()))
    }
}
// ANCHOR_END: future

// ANCHOR: program
async fn program() -> Result<()> {
    old_style_coroutine().await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
