//! Two ways to a thread, and when each starts: `asyncio.to_thread` is a coroutine
//! and starts when it runs, `loop.run_in_executor(None, f)` starts at the call and
//! returns a future.
//!
//! Run it: `cargo run --example to_thread_is_lazy`
//!
//! Shows: to_thread_is_lazy, run_in_executor_default,
//! run_in_executor_starts_at_once

use asyncio::{Result, get_running_loop, run, sleep, time, to_thread};

// ANCHOR: count
fn count_books(shelf: &str) -> u32 {
    println!("counting the {shelf} shelf");
    time::sleep(1);
    println!("the {shelf} shelf is counted");
    120
}
// ANCHOR_END: count

// ANCHOR: program
async fn program() -> Result<()> {
    let lazy = to_thread(|| count_books("upper"));
    sleep(2).await?;
    println!("two seconds later, only made");
    println!("awaited: {}", lazy.await?);

    let event_loop = get_running_loop()?;
    let eager = event_loop.run_in_executor(None, || count_books("lower"))?;
    sleep(2).await?;
    println!("two seconds later, not yet awaited: {eager:?}");
    println!("awaited: {}", eager.await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
