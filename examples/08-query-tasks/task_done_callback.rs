//! A done callback is a plain function that gets the task when it is done, however
//! it ended. The loop calls it; there may be several, and one can be taken back.
//!
//! Run it: `cargo run --example task_done_callback`
//!
//! Shows: task_done_callback, done_callback_on_any_outcome, many_done_callbacks,
//! remove_done_callback

use asyncio::{Result, Task, ValueError, create_task, run, sleep, wait};
use guide::repr::Repr;

async fn bake(bread: &'static str) -> Result<&'static str> {
    sleep(2).await?;
    if bread == "stone" {
        Err(ValueError::new("too hard").into())
    } else {
        Ok(bread)
    }
}

// ANCHOR: callback
fn ring(task: &Task<&'static str>) {
    println!("  ring! {}: {}", task.get_name(), task.result().repr());
}
// ANCHOR_END: callback

async fn program() -> Result<()> {
    // ANCHOR: outcomes
    println!("every outcome");
    let tasks = ["rye", "stone", "spelt"]
        .map(|bread| create_task(bake(bread)).named(bread));
    for task in &tasks {
        let _ = task.add_done_callback(ring);
    }
    sleep(1).await?;
    tasks[2].cancel();
    wait(&tasks).await?;
    // ANCHOR_END: outcomes

    // ANCHOR: several
    println!("several, in order of registration");
    let task = create_task(bake("rye")).named("rye");
    let _ = task.add_done_callback(|_| println!("  open the oven"));
    let _ = task.add_done_callback(ring);
    let _ = task.add_done_callback(ring);
    (&task).await?;
    // ANCHOR_END: several

    // ANCHOR: late
    println!("on a task that is done");
    let _ = task.add_done_callback(ring);
    println!("  registered");
    sleep(0).await?;
    // ANCHOR_END: late

    // ANCHOR: remove
    println!("taken back");
    let task = create_task(bake("rye")).named("rye");
    let first = task.add_done_callback(ring);
    let second = task.add_done_callback(|_| println!("  the one that was left"));
    println!("  removed: {}", task.remove_done_callback(first).repr());
    (&task).await?;
    println!("  after its call: {}", task.remove_done_callback(second).repr());
    // ANCHOR_END: remove
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
