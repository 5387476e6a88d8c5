//! The same two coroutines as tasks overlap, and take no longer than the slower of
//! them: two seconds.
//!
//! Run it: `cargo run --example say_after_concurrent`
//!
//! Shows: say_after_concurrent

use asyncio::{Result, create_task, run, sleep};
use guide_extra::time::strftime;

async fn say_after(delay: u32, what: &str) -> Result<()> {
    sleep(delay).await?;
    println!("{what}");
    Ok(())
}

// ANCHOR: program
async fn program() -> Result<()> {
    let task1 = create_task(say_after(1, "hello"));
    let task2 = create_task(say_after(2, "world"));
    println!("started at {}", strftime("%X"));
    task1.await?;
    task2.await?;
    println!("finished at {}", strftime("%X"));
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
