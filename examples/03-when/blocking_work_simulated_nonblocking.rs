//! A function that blocks, here one that sleeps and one that computes, goes to a
//! thread, and the loop runs on. To the coroutine it looks like any other wait
//! (`asyncio.to_thread`).
//!
//! Run it: `cargo run --example blocking_work_simulated_nonblocking`
//!
//! Shows: blocking_work_simulated_nonblocking

use asyncio::{Result, create_task, run, sleep, time, to_thread};
use guide::repr::Repr;

/// Blocks as a read from a slow disk does.
fn read_the_archive() -> &'static str {
    time::sleep(2.5);
    "3 volumes"
}

/// Keeps a processor busy.
fn count_primes(below: u32) -> usize {
    (2..below)
        .filter(|number| (2..=number / 2).all(|divisor| number % divisor != 0))
        .count()
}

async fn tick() -> Result<()> {
    for second in 1.. {
        sleep(1).await?;
        println!("the loop runs, second {second}");
    }
    Ok(())
}

// ANCHOR: to_thread
async fn program() -> Result<()> {
    // A function that computes: the loop takes its turns meanwhile.
    let primes = create_task(to_thread(|| count_primes(10_000)));
    let mut turns = 0;
    while !primes.done() {
        turns += 1;
        sleep(0).await?;
    }
    println!(
        "primes: {}, the loop took turns meanwhile: {}",
        primes.await?,
        (turns > 1).repr()
    );

    // A function that waits.
    let clock = create_task(tick());
    println!("archive: {}", to_thread(read_the_archive).await?);
    clock.cancel();
    Ok(())
}
// ANCHOR_END: to_thread

fn main() -> Result<()> {
    run(program())
}
