//! A task that receives a cancellation decides how it ends: it may clean up and
//! pass the error on, return a value as if nothing had been requested, or raise
//! another error. Only the first one is cancelled.
//!
//! Run it: `cargo run --example handled_cancel_is_refused`
//!
//! Shows: handled_cancel_is_refused, unhandled_cancel_marks_cancelled

use std::future::Future;

use asyncio::{Exception, Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: finally
/// `try: ... finally: ...`
async fn copy_with_cleanup() -> Result<i32> {
    let result = sleep(60).await;
    println!("  removing the half-written file");
    sleep(1).await?;
    println!("  removed");
    result?;
    Ok(100)
}
// ANCHOR_END: finally

// ANCHOR: except
/// `except CancelledError: return 50`
async fn copy_what_is_there() -> Result<i32> {
    match sleep(60).await {
        Err(error) if error.is_cancelled() => Ok(50),
        result => result.map(|()| 100),
    }
}
// ANCHOR_END: except

// ANCHOR: raise
/// `except CancelledError: raise Exception(...)`
async fn copy_or_complain() -> Result<i32> {
    match sleep(60).await {
        Err(error) if error.is_cancelled() => {
            Err(Exception::new("the disk is half full").into())
        }
        result => result.map(|()| 100),
    }
}
// ANCHOR_END: raise

// ANCHOR: main
async fn stop(copy: impl Future<Output = Result<i32>> + 'static) -> Result<()> {
    let task = create_task(copy);
    println!("{}", task.get_coro().name());
    sleep(1).await?;
    task.cancel();
    let result = (&task).await;
    println!("  {}, cancelled: {}", result.repr(), task.cancelled().repr());
    Ok(())
}

async fn program() -> Result<()> {
    stop(copy_with_cleanup()).await?;
    stop(copy_what_is_there()).await?;
    stop(copy_or_complain()).await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
