//! The smallest program with a wait in it: a coroutine prints, sleeps a second and
//! prints again.
//!
//! Run it: `cargo run --example hello_world`
//!
//! Shows: hello_world

// ANCHOR: program
use asyncio::{Result, run, sleep};

async fn program() -> Result<()> {
    println!("hello");
    sleep(1).await?;
    println!("world");
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
// ANCHOR_END: program
