//! A coroutine needs no `await`, no `return` and no value. Awaiting one that never
//! has to wait does not suspend: nobody else gets a turn.
//!
//! Run it: `cargo run --example async_def_noop`
//!
//! Shows: async_def_noop

use asyncio::{Result, create_task, run};
use guide::repr::Repr;

// ANCHOR: noop
async fn noop() {}
// ANCHOR_END: noop

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(async {
        println!("the task has a turn");
        Ok(())
    });
    let value = noop().await;
    println!(
        "noop() gave {}; the task is done: {}",
        value.repr(),
        task.done().repr()
    );
    task.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
