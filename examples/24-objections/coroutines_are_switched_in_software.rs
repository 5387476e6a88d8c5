//! Coroutines are switched by ordinary calls, not by the operating system: here is
//! a scheduler without any event loop. It sends into each coroutine in turn, and
//! asyncio's own loop takes the same turns, in the same single thread.
//!
//! Run it: `cargo run --example coroutines_are_switched_in_software`
//!
//! Shows: coroutines_are_switched_in_software

use std::collections::VecDeque;
use std::thread;

use asyncio::coroutines::Step;
use asyncio::{Result, coroutine, gather, run, sleep};

// ANCHOR: count
async fn count(name: &str, to: u32) -> Result<()> {
    for number in 1..=to {
        println!(
            "  {name} {number} in the {} thread",
            thread::current().name().unwrap_or("?")
        );
        // Suspends. The caller decides what happens next.
        sleep(0).await?;
    }
    Ok(())
}
// ANCHOR_END: count

// ANCHOR: scheduler
/// Takes turns until all have returned: `send` runs a coroutine to its next
/// suspension and comes back.
fn take_turns<F: Future<Output = Result<()>>>(
    coroutines: impl IntoIterator<Item = F>,
) -> Result<()> {
    let mut ready: VecDeque<_> =
        coroutines.into_iter().map(|coro| Box::pin(coroutine(coro))).collect();
    while let Some(mut coro) = ready.pop_front() {
        if coro.as_mut().send()? == Step::Suspended {
            ready.push_back(coro);
        }
    }
    Ok(())
}
// ANCHOR_END: scheduler

// ANCHOR: main
fn main() -> Result<()> {
    println!("switched by a loop of ours:");
    take_turns([count("red", 3), count("blue", 2)])?;

    println!("switched by asyncio's:");
    run(async {
        gather([count("red", 3), count("blue", 2)]).await?;
        Ok(())
    })
}
// ANCHOR_END: main
