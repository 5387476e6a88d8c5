//! A main coroutine that does not abandon its background tasks: at its end it waits
//! for all tasks but itself.
//!
//! Run it: `cargo run --example wait_for_all_background_tasks`
//!
//! Shows: wait_for_all_background_tasks

use asyncio::{Result, all_tasks, create_task, current_task, run, sleep, wait};

async fn brew(drink: &str, seconds: f64) -> Result<()> {
    sleep(seconds).await?;
    println!("{drink} is ready");
    Ok(())
}

// ANCHOR: main
async fn program() -> Result<()> {
    for (drink, seconds) in [("coffee", 0.3), ("tea", 0.2), ("water", 0.1)] {
        create_task(brew(drink, seconds));
    }

    let mut tasks = all_tasks()?;
    println!("{} tasks, this one included", tasks.len());
    let current_task = current_task()?;
    tasks.retain(|task| Some(task) != current_task.as_ref());
    let (done, pending) = wait(&tasks).await?;
    println!("{} done, {} pending", done.len(), pending.len());
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
