//! The stages of a task, as it prints at each of them: scheduled, suspended, asked
//! to cancel, and done in one of three ways.
//!
//! Run it: `cargo run --example task_life_cycle`
//!
//! Shows: task_life_cycle, scheduled_or_running_is_not_done,
//! done_task_never_runs_again

use asyncio::{
    Result, Task, ValueError, create_task, current_task, run, sleep, wait,
};
use guide::repr::Repr;

// ANCHOR: flight
async fn flight(number: i32) -> Result<i32> {
    if number == 13 {
        return Err(ValueError::new("no such flight").into());
    }
    let myself = current_task()?.expect("a coroutine that runs is part of a task");
    println!("  in the air, done: {}", myself.done().repr());
    sleep(1).await?;
    Ok(number)
}
// ANCHOR_END: flight

fn show(stage: &str, task: &Task<i32>) {
    println!("{stage}, done: {}\n  {task:?}", task.done().repr());
}

async fn program() -> Result<()> {
    // ANCHOR: result
    let task = create_task(flight(12));
    show("scheduled", &task);
    sleep(0).await?;
    show("suspended", &task);
    (&task).await?;
    show("finished with a result", &task);
    // ANCHOR_END: result

    // ANCHOR: again
    println!("  awaited again, it does not run again: {}", (&task).await?);
    // ANCHOR_END: again

    // ANCHOR: exception
    let task = create_task(flight(13));
    wait([&task]).await?;
    show("finished with an exception", &task);
    task.exception()?;
    // ANCHOR_END: exception

    // ANCHOR: cancelled
    let task = create_task(flight(14));
    sleep(0).await?;
    task.cancel();
    show("asked to cancel", &task);
    wait([&task]).await?;
    show("cancelled", &task);
    // ANCHOR_END: cancelled
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
