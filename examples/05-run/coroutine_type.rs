//! Calling a coroutine function returns an object of the class `coroutine`. Thrown
//! away unused, it says so on standard error, with the place where it was made.
//!
//! Run it: `cargo run --example coroutine_type`
//!
//! Shows: coroutine_type

use asyncio::{Result, coroutine, sleep};
use guide::builtins::type_of;

// ANCHOR: type
async fn custom_coro() -> Result<()> {
    sleep(1).await
}

fn main() {
    let coro = coroutine(custom_coro());
    println!("{}", type_of(&coro));
}
// ANCHOR_END: type
