//! `result()` returns what the coroutine returned, or raises what it raised. Asked
//! too early it is an error, and of a cancelled task it raises the cancellation;
//! both can be checked before.
//!
//! Run it: `cargo run --example task_result`
//!
//! Shows: task_result, task_result_none, task_result_reraises,
//! task_result_cancelled, task_result_check_cancelled, task_result_invalid_state,
//! task_result_check_done

use asyncio::{Result, Task, ZeroDivisionError, create_task, run, sleep, wait};
use guide::repr::{Repr, raised};

// ANCHOR: coroutines
async fn average(total: i32, count: i32) -> Result<i32> {
    sleep(1).await?;
    total
        .checked_div(count)
        .ok_or_else(|| ZeroDivisionError::new("division by zero").into())
}

async fn tidy_up() -> Result<()> {
    sleep(1).await
}
// ANCHOR_END: coroutines

fn report<T: Repr>(what: &str, result: Result<T>) {
    match result {
        Ok(value) => println!("{what}: {}", value.repr()),
        Err(error) => println!("{what}: {}", raised(&error)),
    }
}

// ANCHOR: check_done
/// Waits if need be; then there is a result to take.
async fn at_last(task: &Task<i32>) -> Result<i32> {
    if !task.done() {
        task.await?;
    }
    task.result()
}
// ANCHOR_END: check_done

// ANCHOR: check_cancelled
/// The result, or `None` of a task that was cancelled. What the coroutine raised is
/// raised here.
fn unless_cancelled(task: &Task<i32>) -> Result<Option<i32>> {
    if task.cancelled() { Ok(None) } else { task.result().map(Some) }
}
// ANCHOR_END: check_cancelled

// ANCHOR: main
async fn program() -> Result<()> {
    let task = create_task(average(84, 2));
    report("too early", task.result());
    report("waited for", at_last(&task).await);
    report("once more", task.result());

    let task = create_task(tidy_up());
    (&task).await?;
    report("nothing returned", task.result());

    let failing = create_task(average(84, 0));
    wait([&failing]).await?;
    report("raised", failing.result());

    let cancelled = create_task(average(84, 2));
    cancelled.cancel();
    wait([&cancelled]).await?;
    report("cancelled", cancelled.result());
    report("cancelled, checked", unless_cancelled(&cancelled));
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
