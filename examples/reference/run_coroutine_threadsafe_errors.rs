//! A thread hands coroutines to the loop and sees the three ways they can end: too
//! late, failed, and well. Giving up on the late one cancels its task in the loop.
//!
//! Run it: `cargo run --example run_coroutine_threadsafe_errors`
//!
//! Shows: run_coroutine_threadsafe_errors, threadsafe_cancel_reaches_the_task

use asyncio::{
    LoopHandle, Result, TimeoutError, ValueError, all_tasks, get_running_loop, run,
    run_coroutine_threadsafe, sleep, to_thread,
};

// ANCHOR: coroutines
async fn late() -> Result<i32> {
    let slept = sleep(3600).await;
    if slept.as_ref().is_err_and(|error| error.is_cancelled()) {
        println!("late() is cancelled");
    }
    slept.map(|()| 1)
}

async fn failing() -> Result<i32> {
    Err(ValueError::new("x").into())
}

async fn punctual() -> Result<i32> {
    Ok(3)
}
// ANCHOR_END: coroutines

// ANCHOR: thread
/// Runs in a thread, so it may block.
fn submit<C>(coro: fn() -> C, event_loop: &LoopHandle, timeout: f64) -> Result<()>
where
    C: Future<Output = Result<i32>> + 'static,
{
    let future = run_coroutine_threadsafe(coro, event_loop)?;
    match future.result(timeout) {
        Err(error) if error.is::<TimeoutError>() => {
            println!("The coroutine took too long, cancelling the task...");
            future.cancel();
        }
        Err(error) => println!("The coroutine raised an exception: {error:?}"),
        Ok(result) => println!("The coroutine returned: {result:?}"),
    }
    Ok(())
}
// ANCHOR_END: thread

// ANCHOR: program
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?.handle();
    to_thread(move || {
        submit(failing, &event_loop, 60.0)?;
        submit(punctual, &event_loop, 60.0)?;
        submit(late, &event_loop, 0.05)
    })
    .await??;
    println!("tasks left in the loop: {}", all_tasks()?.len() - 1);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
