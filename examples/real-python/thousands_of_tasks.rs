//! Twenty thousand tasks wait at the same time, in one thread. As many threads
//! would need gigabytes of address space for their stacks, and on many machines the
//! operating system refuses long before.
//!
//! Run it: `cargo run --example thousands_of_tasks`
//!
//! Shows: thousands_of_tasks

use asyncio::time::perf_counter;
use asyncio::{Result, all_tasks, create_task, gather, run, sleep};

// ANCHOR: program
async fn sensor(id: u64) -> Result<u64> {
    sleep(2).await?;
    Ok(id % 10)
}

async fn program() -> Result<()> {
    let start = perf_counter();
    let tasks: Vec<_> = (0..20_000).map(|id| create_task(sensor(id))).collect();
    sleep(0).await?;
    println!("{} tasks, this one included", all_tasks()?.len());
    let readings = gather(tasks).await?;
    println!(
        "{} readings with the sum {}",
        readings.len(),
        readings.iter().sum::<u64>()
    );
    println!("{:.0} seconds, not {}", perf_counter() - start, 2 * readings.len());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
