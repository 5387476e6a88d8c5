//! The Chinese guide's coroutine object, which is created first and passed to `run`
//! later. `run` takes it for good, so its class is asked for before.
//!
//! Run it: `cargo run --example zh_run_coroutine`
//!
//! Shows: zh_run_coroutine

use asyncio::{Result, coroutine, run, sleep};
use guide::builtins::type_of;

// ANCHOR: run
async fn custom_coroutine() -> Result<()> {
    println!("运行自定义协程");
    sleep(1).await
}

fn main() -> Result<()> {
    let coro = coroutine(custom_coroutine());
    let class = type_of(&coro);
    run(coro)?;
    println!("{class}");
    Ok(())
}
// ANCHOR_END: run
