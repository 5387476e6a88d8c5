//! `asyncio.to_thread` takes its threads from a pool that the loop makes, the
//! default executor. Three calls that block at the same time run in three of its
//! threads, and take no longer than one.
//!
//! Run it: `cargo run --example to_thread_uses_thread_pool`
//!
//! Shows: to_thread_uses_thread_pool

use std::thread;

use asyncio::{Result, gather, get_running_loop, run, time, to_thread};

// ANCHOR: program
fn this_thread() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

/// Waits for an answer, as a driver without asyncio would, and tells which thread
/// it did that in.
fn query_database() -> String {
    time::sleep(1);
    this_thread()
}

async fn program() -> Result<()> {
    println!("the loop runs in {}", this_thread());

    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    let mut threads = gather((0..3).map(|_| to_thread(query_database))).await?;
    threads.sort();
    println!("the queries ran in {}", threads.join(", "));
    println!("and took {:.0} s", event_loop.time() - start);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
