//! Calling a coroutine function by itself has little effect: it only makes an
//! object that has not run a line.
//!
//! Run it: `cargo run --example routine_object_repl`
//!
//! Shows: routine_object_repl

use std::pin::pin;

use asyncio::{Result, coroutine, sleep};

// ANCHOR: program
fn main() {
    /// The guide's coroutine has the same name as Rust's first function, so it is
    /// defined inside it.
    async fn main() -> Result<()> {
        println!("Hello ...");
        sleep(1).await?;
        println!("World!");
        Ok(())
    }

    let routine = pin!(coroutine(main()));
    println!("{routine:?}");
    // Otherwise it would warn that it was never awaited.
    routine.close();
}
// ANCHOR_END: program
