//! Tasks that are not cancelled: there was no request, it came too late, or it was
//! swallowed. The last happens in Rust where it does not in Python: `except
//! Exception` lets a cancellation through, `Err(_)` does not.
//!
//! Run it: `cargo run --example not_cancelled_without_or_failed_cancel`
//!
//! Shows: not_cancelled_without_or_failed_cancel, handled_cancel_is_refused

use asyncio::{Exception, Result, Task, create_task, run, sleep};
use guide::repr::Repr;

async fn dial(attempt: u32) -> Result<&'static str> {
    println!("  dialling");
    sleep(2).await?;
    if attempt < 3 {
        Err(Exception::new("engaged").into())
    } else {
        Ok("connected")
    }
}

// ANCHOR: swallow
/// Takes every error for a failed attempt, and so the cancellation too.
async fn try_thrice() -> Result<&'static str> {
    for attempt in 1..=2 {
        if let Ok(connection) = dial(attempt).await {
            return Ok(connection);
        }
    }
    dial(3).await
}
// ANCHOR_END: swallow

// ANCHOR: let_through
/// Tells the two apart.
async fn try_thrice_if_wanted() -> Result<&'static str> {
    for attempt in 1..=2 {
        match dial(attempt).await {
            Err(error) if !error.is_cancelled() => println!("  {error}"),
            result => return result,
        }
    }
    dial(3).await
}
// ANCHOR_END: let_through

async fn end(task: Task<&'static str>) -> Result<()> {
    let result = (&task).await;
    println!("  {}, cancelled: {}", result.repr(), task.cancelled().repr());
    Ok(())
}

async fn cancel(task: Task<&'static str>) -> Result<()> {
    sleep(1).await?;
    println!("  cancel: {}", task.cancel().repr());
    end(task).await
}

// ANCHOR: main
async fn program() -> Result<()> {
    println!("nobody asked");
    end(create_task(dial(3))).await?;

    println!("too late");
    let task = create_task(dial(3));
    sleep(4).await?;
    cancel(task).await?;

    println!("swallowed");
    cancel(create_task(try_thrice())).await?;

    println!("let through");
    cancel(create_task(try_thrice_if_wanted())).await
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
