//! What threads do, coroutines can do, and the other way round: the same relay,
//! once with a thread per runner and channels between them, once with a task per
//! runner and futures.
//!
//! Run it: `cargo run --example threads_and_coroutines_equivalent`
//!
//! Shows: threads_and_coroutines_equivalent

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use asyncio::{Future, Result, create_task, gather, get_running_loop, run};

const RUNNERS: [&str; 3] = ["Ada", "Ben", "Cleo"];

fn hand_over(runner: &str, baton: u32) -> u32 {
    println!("  {runner} has baton {baton}");
    baton + 1
}

// ANCHOR: threads
fn run_with_threads() -> u32 {
    let (start, mut previous) = channel();
    let threads = RUNNERS.map(|runner| {
        let (to_next, next) = channel();
        let from_previous = std::mem::replace(&mut previous, next);
        thread::spawn(move || leg_in_a_thread(runner, &from_previous, &to_next))
    });
    start.send(1).expect("the first runner waits");
    for thread in threads {
        thread.join().expect("no runner panics");
    }
    previous.recv().expect("the last runner handed over")
}

fn leg_in_a_thread(
    runner: &str,
    from_previous: &Receiver<u32>,
    to_next: &Sender<u32>,
) {
    let baton = from_previous.recv().expect("the previous runner hands over");
    to_next.send(hand_over(runner, baton)).expect("the next runner waits");
}
// ANCHOR_END: threads

// ANCHOR: coroutines
async fn run_with_coroutines() -> Result<u32> {
    let event_loop = get_running_loop()?;
    let start = event_loop.create_future();
    let mut previous = start.clone();
    let tasks = RUNNERS.map(|runner| {
        let next = event_loop.create_future();
        let from_previous = std::mem::replace(&mut previous, next.clone());
        create_task(leg_in_a_coroutine(runner, from_previous, next))
    });
    start.set_result(1)?;
    gather(tasks).await?;
    previous.await
}

async fn leg_in_a_coroutine(
    runner: &str,
    from_previous: Future<u32>,
    to_next: Future<u32>,
) -> Result<()> {
    let baton = from_previous.await?;
    to_next.set_result(hand_over(runner, baton))
}
// ANCHOR_END: coroutines

fn main() -> Result<()> {
    println!("threads:");
    println!("finished with {}", run_with_threads());
    println!("coroutines:");
    println!("finished with {}", run(run_with_coroutines())?);
    Ok(())
}
