//! Three factorials, computed a factor a second: they run side by side, and their
//! lines always interleave in the same way.
//!
//! Run it: `cargo run --example factorial_gather`
//!
//! Shows: factorial_gather

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn factorial(name: &str, number: u64) -> Result<()> {
    let mut product = 1;
    for factor in 2..=number {
        println!("Task {name}: Compute factorial({factor})...");
        sleep(1).await?;
        product *= factor;
    }
    println!("Task {name}: factorial({number}) = {product}");
    Ok(())
}

async fn program() -> Result<()> {
    gather([factorial("A", 2), factorial("B", 3), factorial("C", 4)]).await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
