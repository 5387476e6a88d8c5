//! A coroutine does not know its loop. The same one runs on the loop of asyncio, on
//! one with another clock, and on a loop of a few lines, because all that a loop
//! has to know of it is how to poll it.
//!
//! Run it: `cargo run --example loop_is_pluggable`
//!
//! Shows: loop_is_pluggable

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use asyncio::{Clock, EventLoop, Result, new_event_loop, sleep};
use guide::repr::raised;

// ANCHOR: coroutine
/// Lets others run once. It belongs to no loop: all it needs is to be polled
/// again.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut gave_way, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

async fn countdown(from: u32) -> Result<&'static str> {
    for left in (1..=from).rev() {
        print!("{left} ");
        give_way().await;
    }
    Ok("lift-off")
}
// ANCHOR_END: coroutine

// ANCHOR: loop
/// A loop with room for one coroutine, which it polls as fast as it can.
fn tiny_loop<T>(coroutine: impl Future<Output = T>) -> T {
    let mut coroutine = pin!(coroutine);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = coroutine.as_mut().poll(&mut cx) {
            return value;
        }
    }
}
// ANCHOR_END: loop

// ANCHOR: main
fn main() -> Result<()> {
    println!(
        "{} on asyncio's loop",
        new_event_loop().run_until_complete(countdown(3))?
    );
    println!(
        "{} on one with a virtual clock",
        EventLoop::with_clock(Clock::Virtual).run_until_complete(countdown(3))?
    );
    println!("{} on a tiny one", tiny_loop(countdown(3))?);

    // A sleep needs a loop that has timers, and says so.
    if let Err(error) = tiny_loop(sleep(1)) {
        println!("{}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: main
