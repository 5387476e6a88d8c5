//! The main coroutine asks for its own task and prints it:
//! `asyncio.current_task()`.
//!
//! Run it: `cargo run --example current_task`
//!
//! Shows: current_task_snippet, current_task

use asyncio::{Result, current_task, run};

// ANCHOR: main
fn main() -> Result<()> {
    // The main coroutine as a block: in the output it is called after the function
    // in which it stands.
    run(async {
        println!("main coroutine started");
        if let Some(task) = current_task()? {
            println!("{task:?}");
        }
        Ok(())
    })
}
// ANCHOR_END: main
