//! Calling a coroutine function runs none of its lines: it returns a coroutine
//! object, which is printed here.
//!
//! Run it: `cargo run --example coroutine_object_from_main`
//!
//! Shows: coroutine_object_from_main

use std::pin::pin;

use asyncio::coroutine;

// ANCHOR: program
/// A module of its own, because the function that Rust starts is called `main` as
/// well.
mod program {
    use asyncio::{Result, sleep};

    pub(super) async fn main() -> Result<()> {
        println!("hello");
        sleep(1).await?;
        println!("world");
        Ok(())
    }
}

fn main() {
    let coro = pin!(coroutine(program::main()));
    println!("{coro:?}");
    // Close an object that is never run, or it warns when it is dropped.
    coro.close();
}
// ANCHOR_END: program
