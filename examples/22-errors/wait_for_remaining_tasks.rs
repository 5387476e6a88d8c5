//! How a main coroutine avoids ending too early: it waits for all tasks but
//! its own. With no task left there is nothing to wait for, and `wait` says
//! so.
//!
//! Run it: `cargo run --example wait_for_remaining_tasks`
//!
//! Shows: wait_for_remaining_tasks

use asyncio::{Result, all_tasks, create_task, current_task, run, sleep, wait};

async fn upload(file: &str, seconds: f64) -> Result<()> {
    sleep(seconds).await?;
    println!("{file}: done");
    Ok(())
}

// ANCHOR: wait
/// Waits for all other tasks that exist now.
async fn wait_for_the_others() -> Result<()> {
    let mut others = all_tasks()?;
    let myself = current_task()?;
    others.retain(|task| Some(task) != myself.as_ref());
    wait(&others).await?;
    Ok(())
}
// ANCHOR_END: wait

// ANCHOR: main
async fn program() -> Result<()> {
    create_task(upload("photo.jpg", 0.3));
    create_task(upload("notes.txt", 0.1));
    wait_for_the_others().await?;

    if let Err(error) = wait_for_the_others().await {
        println!("again: {error:?}");
    }
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
