//! The factorials again, silent: gathering returns what the coroutines returned,
//! which is the number and not its factorial.
//!
//! Run it: `cargo run --example factorial_gather_results`
//!
//! Shows: factorial_gather_results

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn factorial(number: u64) -> Result<u64> {
    let mut _product = 1;
    for factor in 2..=number {
        sleep(1).await?;
        _product *= factor;
    }
    Ok(number)
}

async fn program() -> Result<()> {
    println!("{:?}", gather([factorial(2), factorial(3), factorial(4)]).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
