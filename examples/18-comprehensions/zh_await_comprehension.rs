//! The Chinese guide's five coroutines, awaited one by one in a comprehension.
//!
//! Run it: `cargo run --example zh_await_comprehension`
//!
//! Shows: zh_await_comprehension

use asyncio::{AsyncIterator, Result, await_each, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn fetch_data(item: u32) -> Result<String> {
    sleep(1).await?;
    Ok(format!("Data for {item}"))
}

async fn program() -> Result<()> {
    let awaitables: Vec<_> = (0..5).map(fetch_data).collect();
    let results: Vec<String> = await_each(awaitables).collect().await?;
    let results: Vec<&str> = results.iter().map(String::as_str).collect();
    println!("{}", results.repr());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
