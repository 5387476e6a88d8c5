//! The shape of every asyncio program: `run` starts the loop with one coroutine,
//! which awaits the others. This one prints nothing and takes a second.
//!
//! Run it: `cargo run --example run_coroutine`
//!
//! Shows: run_coroutine

use asyncio::{Result, run, sleep};

// ANCHOR: run
async fn custom_coro() -> Result<()> {
    sleep(1).await
}

async fn program() -> Result<()> {
    custom_coro().await
}

fn main() -> Result<()> {
    run(program())
}
// ANCHOR_END: run
