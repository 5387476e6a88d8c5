//! `async` before a function that never waits: what a call costs, and that blocking calls do not overlap because of it.
//!
//! Shows: async_before_every_function_is_bad

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{Result, gather, run, sleep};
use measured::{report, time};

const CALLS: u32 = 1_000_000;
const NAP: Duration = Duration::from_millis(10);

#[inline(never)]
fn plain(n: u32) -> u32 {
    n ^ 1
}

#[inline(never)]
#[expect(clippy::unused_async, reason = "that is what is measured")]
async fn needlessly_async(n: u32) -> u32 {
    n ^ 1
}

async fn blocks() -> Result<()> {
    thread::sleep(NAP);
    Ok(())
}

async fn program() -> Result<()> {
    time("call a function", CALLS, || (0..CALLS).fold(0, |n, _| black_box(plain(black_box(n)))));
    let start = Instant::now();
    let mut n = 0;
    for _ in 0..CALLS {
        n = black_box(needlessly_async(black_box(n)).await);
    }
    report("await an async function with the same body", start.elapsed().as_secs_f64() / f64::from(CALLS), "s");

    let start = Instant::now();
    gather((0..10).map(|_| blocks())).await?;
    report("gather ten async functions that block for 10 ms", start.elapsed().as_secs_f64(), "s");
    let start = Instant::now();
    gather((0..10).map(|_| sleep(NAP))).await?;
    report("gather ten that wait for 10 ms", start.elapsed().as_secs_f64(), "s");
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
