//! All coroutines of a program run in one thread, that of the caller of `run`. Only
//! what is handed to `to_thread` does not.
//!
//! Run it: `cargo run --example coroutines_share_one_thread`
//!
//! Shows: coroutines_share_one_thread

use std::thread::{self, ThreadId};

use asyncio::{Result, gather, run, sleep, to_thread};
use guide::repr::Repr;

// ANCHOR: thread
async fn visit(seconds: u32) -> Result<ThreadId> {
    sleep(seconds).await?;
    Ok(thread::current().id())
}

async fn program(caller: ThreadId) -> Result<()> {
    for (task, thread) in
        gather([visit(3), visit(1), visit(2)]).await?.into_iter().enumerate()
    {
        println!(
            "task {task} in the thread of the caller: {}",
            (thread == caller).repr()
        );
    }
    let thread = to_thread(|| thread::current().id()).await?;
    println!(
        "to_thread in the thread of the caller: {}",
        (thread == caller).repr()
    );
    Ok(())
}

fn main() -> Result<()> {
    run(program(thread::current().id()))
}
// ANCHOR_END: thread
