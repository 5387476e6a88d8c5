//! A coroutine that is only called does nothing; awaited, it runs. The forgotten
//! one is reported on standard error.
//!
//! Run it: `cargo run --example nested_coroutine`
//!
//! Shows: nested_coroutine

use asyncio::{Result, coroutine, run};

// ANCHOR: program
async fn nested() -> Result<()> {
    println!("something");
    Ok(())
}

async fn program() -> Result<()> {
    // The coroutine is made and thrown away: nothing is printed.
    drop(coroutine(nested()));

    nested().await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
