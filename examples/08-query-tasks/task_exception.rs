//! `exception()` returns the exception that ended the coroutine as a value, without
//! raising it. Like `result()` it raises when asked too early, and of a cancelled
//! task.
//!
//! Run it: `cargo run --example task_exception`
//!
//! Shows: task_exception, task_exception_none, task_exception_cancelled,
//! task_exception_check_cancelled, task_exception_invalid_state,
//! task_exception_check_done

use asyncio::{Error, Exception, Result, Task, create_task, run, sleep, wait};
use guide::repr::{Repr, raised};

// ANCHOR: coroutine
async fn unload(truck: &str) -> Result<()> {
    sleep(1).await?;
    match truck {
        "empty" => Err(Exception::new("nothing to unload").into()),
        _ => Ok(()),
    }
}
// ANCHOR_END: coroutine

fn report(what: &str, exception: Result<Option<Error>>) {
    match exception {
        Ok(value) => println!("{what}: gives {}", value.repr()),
        Err(error) => println!("{what}: raises {}", raised(&error)),
    }
}

// ANCHOR: check
/// Waits without raising what the task raises, and leaves a cancelled task alone.
async fn trouble(task: &Task<()>) -> Result<Option<Error>> {
    if !task.done() {
        // `task.await?` would leave this function with the very exception that is
        // to be looked at.
        wait([task]).await?;
    }
    if task.cancelled() { Ok(None) } else { task.exception() }
}
// ANCHOR_END: check

// ANCHOR: main
async fn program() -> Result<()> {
    let full = create_task(unload("full"));
    let empty = create_task(unload("empty"));
    let cancelled = create_task(unload("full"));
    cancelled.cancel();

    report("too early", empty.exception());
    report("ended well", trouble(&full).await);
    report("raised", trouble(&empty).await);
    println!("that is not a cancellation: {}", empty.cancelled().repr());
    report("cancelled", cancelled.exception());
    report("cancelled, checked", trouble(&cancelled).await);
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
