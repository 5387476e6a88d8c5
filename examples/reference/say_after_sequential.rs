//! Two coroutines awaited one after the other take as long as both together: three
//! seconds.
//!
//! Run it: `cargo run --example say_after_sequential`
//!
//! Shows: say_after_sequential

use asyncio::{Result, run, sleep};
use guide_extra::time::strftime;

// ANCHOR: program
async fn say_after(delay: u32, what: &str) -> Result<()> {
    sleep(delay).await?;
    println!("{what}");
    Ok(())
}

async fn program() -> Result<()> {
    println!("started at {}", strftime("%X"));
    say_after(1, "hello").await?;
    say_after(2, "world").await?;
    println!("finished at {}", strftime("%X"));
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
