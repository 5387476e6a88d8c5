//! The running loop prints as CPython's does. The task that nobody awaits still
//! gets to print: its first step was queued before `run` learned that the program
//! is over.
//!
//! Run it: `cargo run --example running_loop_repr`
//!
//! Shows: running_loop_repr

use asyncio::{Result, create_task, get_running_loop, run};

// ANCHOR: program
async fn coro() -> Result<()> {
    println!("something is running");
    Ok(())
}

async fn program() -> Result<()> {
    let _task = create_task(coro());
    println!("{}", get_running_loop()?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
