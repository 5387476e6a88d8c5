//! A pool of one's own for `loop.run_in_executor`: two threads share four jobs.
//! Whoever makes the pool shuts it down, in Python by
//! `with ThreadPoolExecutor(2) as pool:`.
//!
//! Run it: `cargo run --example run_in_executor_custom_pool`
//!
//! Shows: run_in_executor_custom_pool

use asyncio::{Result, ThreadPoolExecutor, gather, get_running_loop, run, time};
use guide::repr::raised;

// ANCHOR: program
fn develop(film: u32) -> u32 {
    time::sleep(1);
    film * 36
}

async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    let pool = ThreadPoolExecutor::new(2)?;

    let start = event_loop.time();
    let jobs = (1..=4)
        .map(|film| event_loop.run_in_executor(Some(&pool), move || develop(film)));
    let jobs: Vec<_> = jobs.collect::<Result<_>>()?;
    println!("pictures: {:?}", gather(jobs).await?);
    println!(
        "four jobs of a second in two threads: {:.0} s",
        event_loop.time() - start
    );

    pool.shutdown(true, false);
    if let Err(error) = event_loop.run_in_executor(Some(&pool), || develop(5)) {
        println!("after the shutdown: {}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
