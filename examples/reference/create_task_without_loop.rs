//! A task belongs to a running loop, and in `main` none runs yet: making one is an
//! error, with which the program ends.
//!
//! Run it: `cargo run --example create_task_without_loop`
//!
//! Shows: create_task_without_loop

use asyncio::{Result, try_create_task};

// ANCHOR: program
async fn coro_1() -> Result<()> {
    println!("do something");
    Ok(())
}

fn main() -> Result<()> {
    // `create_task` would panic with the same words: in a coroutine it cannot fail.
    let _task = try_create_task(coro_1())?;
    Ok(())
}
// ANCHOR_END: program
