//! Calling a coroutine function by itself returns a coroutine object, and runs none
//! of its lines.
//!
//! Run it: `cargo run --example coroutine_object_repl`
//!
//! Shows: coroutine_object_repl

use std::pin::pin;

use asyncio::{Result, coroutine};

// ANCHOR: program
async fn stuff() -> Result<(u32, u32, u32)> {
    Ok((0x10, 0x20, 0x30))
}

async fn py35_coro() -> Result<(u32, u32, u32)> {
    stuff().await
}

fn main() {
    let coro = pin!(coroutine(py35_coro()));
    println!("{coro:?}");
    coro.close();
}
// ANCHOR_END: program
