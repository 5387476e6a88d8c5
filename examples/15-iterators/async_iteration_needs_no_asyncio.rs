//! Asynchronous iteration belongs to the language and not to asyncio: here a few
//! lines drive the coroutine, without a loop. The step of the iterator is made by a
//! plain function that gives something to await.
//!
//! Run it: `cargo run --example async_iteration_needs_no_asyncio`
//!
//! Shows: async_iteration_needs_no_asyncio, anext_method_need_not_be_async

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use asyncio::coroutines::Step;
use asyncio::{AsyncIterator, Result, coroutine};

// ANCHOR: iterator
/// Suspends once. The caller decides when to continue.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

struct Countdown {
    left: u32,
}

impl AsyncIterator for Countdown {
    type Item = u32;

    // A plain method. It returns something to await, and nothing more is required.
    #[expect(clippy::manual_async_fn, reason = "to show that it can be written so")]
    fn anext(&mut self) -> impl Future<Output = Result<Option<u32>>> {
        async move {
            pause().await;
            self.left = self.left.saturating_sub(1);
            Ok((self.left > 0).then_some(self.left))
        }
    }
}
// ANCHOR_END: iterator

// ANCHOR: program
async fn launch() -> Result<&'static str> {
    let mut countdown = Countdown { left: 4 };
    while let Some(left) = countdown.anext().await? {
        println!("{left}");
    }
    Ok("lift-off")
}

fn main() -> Result<()> {
    let mut coro = pin!(coroutine(launch()));
    let mut suspended = 0;
    loop {
        match coro.as_mut().send()? {
            Step::Suspended => suspended += 1,
            Step::Returned(value) => {
                println!("{value}, suspended {suspended} times, and no loop");
                return Ok(());
            }
        }
    }
}
// ANCHOR_END: program
