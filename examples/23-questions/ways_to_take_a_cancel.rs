//! What a task may do with a cancellation: clean up and pass it on, refuse it and
//! return a value, or be interrupted by a second one while it cleans up.
//!
//! Run it: `cargo run --example ways_to_take_a_cancel`
//!
//! Shows: handled_cancel_is_refused, cancel_gives_no_guarantee

use asyncio::{Result, Task, create_task, current_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: clean_up
async fn clean_up_and_go() -> Result<&'static str> {
    let result = sleep(3600).await;
    // This is Python's `finally`: it runs however the sleep ended, and it may
    // await.
    println!("  closing the file");
    sleep(2).await?;
    println!("  closed");
    result?;
    Ok("done")
}
// ANCHOR_END: clean_up

// ANCHOR: refuse
async fn refuse() -> Result<&'static str> {
    match sleep(3600).await {
        Err(error) if error.is_cancelled() => println!("  {error:?}? no, thanks"),
        result => result?,
    }
    sleep(0.1).await?;
    Ok("finished all the same")
}
// ANCHOR_END: refuse

// ANCHOR: take_back
async fn take_it_back() -> Result<&'static str> {
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    if sleep(3600).await.is_err_and(|error| error.is_cancelled()) {
        println!("  requests: {}", myself.cancelling());
        println!("  after uncancel: {}", myself.uncancel());
    }
    Ok("went on as if nobody had asked")
}
// ANCHOR_END: take_back

// ANCHOR: ask
async fn ask(task: Task<&'static str>, times: u32) -> Result<()> {
    sleep(0).await?;
    for _ in 0..times {
        println!("cancel: {}", task.cancel().repr());
        sleep(0.01).await?;
    }
    match (&task).await {
        Ok(value) => println!("it {value}"),
        Err(error) => println!("{error:?}, cancelled: {}", task.cancelled().repr()),
    }
    println!("cancel: {}", task.cancel().repr());
    Ok(())
}

async fn program() -> Result<()> {
    println!("clean up, then pass it on");
    ask(create_task(clean_up_and_go()), 1).await?;
    println!("refuse");
    ask(create_task(refuse()), 1).await?;
    println!("take the request back");
    ask(create_task(take_it_back()), 1).await?;
    println!("a second request interrupts the clean-up");
    ask(create_task(clean_up_and_go()), 2).await
}
// ANCHOR_END: ask

fn main() -> Result<()> {
    run(program())
}
