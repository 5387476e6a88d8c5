//! Calling an `async fn` makes a coroutine and runs none of it, in Rust as in
//! Python; `run` or `.await` does.
//!
//! Run it: `cargo run --example call_coroutine_like_a_function`
//!
//! Shows: call_coroutine_like_a_function, run_custom_coro

use asyncio::{Result, run};

// ANCHOR: coroutine
async fn custom_coro() -> Result<()> {
    println!("hi there");
    Ok(())
}
// ANCHOR_END: coroutine

// ANCHOR: main
fn main() -> Result<()> {
    println!("calling it:");
    // A bare `custom_coro();` would draw the compiler's warning "futures do nothing
    // unless you `.await` or poll them".
    drop(custom_coro());

    println!("running it:");
    run(custom_coro())
}
// ANCHOR_END: main
