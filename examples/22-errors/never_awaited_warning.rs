//! A coroutine object that is dropped without having been awaited complains on
//! standard error, as Python's does. A plain future, which is what an `async fn`
//! gives, goes silently; `coroutine` makes it an object that knows its name.
//!
//! Run it: `cargo run --example never_awaited_warning`
//!
//! Shows: never_awaited_warning, never_awaited_is_a_warning

use asyncio::{Result, coroutine};

// ANCHOR: warning
async fn custom_coro() -> Result<()> {
    println!("hi there");
    Ok(())
}

fn main() {
    let coro = coroutine(custom_coro());
    // It has never been awaited, and now it is freed.
    drop(coro);
}
// ANCHOR_END: warning
