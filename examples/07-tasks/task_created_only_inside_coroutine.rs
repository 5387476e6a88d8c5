//! A coroutine can be made anywhere. A task needs a loop that runs, so it is made
//! in a coroutine or a callback.
//!
//! Run it: `cargo run --example task_created_only_inside_coroutine`
//!
//! Shows: task_created_only_inside_coroutine

use asyncio::{Result, create_task, run, try_create_task};
use guide::repr::raised;

// ANCHOR: main
async fn count(what: &str) -> Result<()> {
    println!("counting {what}");
    Ok(())
}

async fn program() -> Result<()> {
    create_task(count("stars")).await
}

fn main() -> Result<()> {
    match try_create_task(count("clouds")) {
        Ok(_) => println!("a task without a loop"),
        Err(error) => println!("{}", raised(&error)),
    }
    run(program())
}
// ANCHOR_END: main
