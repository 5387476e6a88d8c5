//! A coroutine that sleeps for an hour is given a second.
//!
//! Run it: `cargo run --example eternity_timeout`
//!
//! Shows: eternity_timeout

use asyncio::{Result, TimeoutError, run, sleep, wait_for};

// ANCHOR: program
async fn eternity() -> Result<()> {
    sleep(3600).await?;
    println!("yay!");
    Ok(())
}

async fn program() -> Result<()> {
    match wait_for(eternity(), 1.0).await {
        Err(error) if error.is::<TimeoutError>() => println!("timeout!"),
        outcome => outcome?,
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
