//! Calling a coroutine function by itself has little effect: what there is then is
//! an object that has not run a line.
//!
//! Run it: `cargo run --example routine_object_repl`
//!
//! Shows: routine_object_repl

use std::pin::pin;

use asyncio::{Result, coroutine, sleep};

// ANCHOR: program
fn main() {
    /// The coroutine of the guide has the name of Rust's first function, so it
    /// stands inside of that.
    async fn main() -> Result<()> {
        println!("Hello ...");
        sleep(1).await?;
        println!("World!");
        Ok(())
    }

    let routine = pin!(coroutine(main()));
    println!("{routine:?}");
    // Else it would complain of never having been awaited.
    routine.close();
}
// ANCHOR_END: program
