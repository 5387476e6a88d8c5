//! Ten coroutines are prepared in a list and then run together:
//! `asyncio.gather(*coros)`. In Rust `gather` takes anything that can be iterated,
//! so there is nothing to unpack.
//!
//! Run it: `cargo run --example gather_list`
//!
//! Shows: gather_list, coroutine_list_comprehension, gather_unpacked_list

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn task_coro(value: u32) -> Result<()> {
    println!(">task {value} executing");
    sleep(1).await
}

async fn program() -> Result<()> {
    println!("main starting");
    // A coroutine does nothing by itself: so far this only prepares them.
    let coros: Vec<_> = (0..10).map(task_coro).collect();
    gather(coros).await?;
    println!("main done");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
