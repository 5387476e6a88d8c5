//! A task whose handle is thrown away keeps running: here the loop owns its tasks.
//! Python's loop keeps weak references only, and a task that nothing else refers to
//! is collected in the middle of its work.
//!
//! Run it: `cargo run --example discarded_task_may_vanish`
//!
//! Shows: discarded_task_may_vanish

use std::cell::RefCell;

use asyncio::{Future, Result, create_task, get_running_loop, run, sleep};

// ANCHOR: program
thread_local! {
    static SIGNAL: RefCell<Option<Future<()>>> = const { RefCell::new(None) };
}

async fn background() -> Result<()> {
    let signal = get_running_loop()?.create_future();
    SIGNAL.set(Some(signal.clone()));
    signal.await?;
    println!("the background task has finished");
    Ok(())
}

async fn program() -> Result<()> {
    // The handle is dropped at once.
    create_task(background());
    sleep(0).await?;
    if let Some(signal) = SIGNAL.take() {
        signal.set_result(())?;
    }
    sleep(0).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
