//! What a coroutine costs: the size of what it keeps across its waits, known before
//! the program runs, and no thread. Ten thousand of them are made and started here
//! without the operating system hearing of it.
//!
//! Run it: `cargo run --example coroutine_lighter_than_thread`
//!
//! Shows: coroutine_lighter_than_thread

use std::collections::HashSet;
use std::mem::size_of_val;
use std::thread;

use asyncio::{Result, create_task, run, sleep};
use guide::repr::Repr;

/// The stack that the standard library gives a new thread unless told otherwise.
const THREAD_STACK: usize = 2 * 1024 * 1024;

// ANCHOR: size
async fn patrol(rounds: u32) -> Result<thread::ThreadId> {
    for _ in 0..rounds {
        sleep(1).await?;
    }
    Ok(thread::current().id())
}

async fn program() -> Result<()> {
    let size = size_of_val(&patrol(3));
    println!("a coroutine takes less than 1 KB: {}", (size < 1024).repr());
    println!(
        "a thread's stack would hold more than 2000: {}",
        (THREAD_STACK / size > 2000).repr()
    );

    let guards: Vec<_> = (0..10_000).map(|_| create_task(patrol(3))).collect();
    let mut threads = HashSet::new();
    for guard in guards {
        threads.insert(guard.await?);
    }
    println!("threads of ten thousand coroutines: {}", threads.len());
    Ok(())
}
// ANCHOR_END: size

fn main() -> Result<()> {
    run(program())
}
