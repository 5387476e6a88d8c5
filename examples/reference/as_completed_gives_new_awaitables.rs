//! What `as_completed` yields are new awaitables, the first for whichever result
//! comes first. Only its asynchronous iteration gives the tasks themselves.
//!
//! Run it: `cargo run --example as_completed_gives_new_awaitables`
//!
//! Shows: as_completed_gives_new_awaitables

use asyncio::{Result, as_completed, create_task, run, sleep_result};

// ANCHOR: program
async fn program() -> Result<()> {
    let offers = [(3, "Lisbon"), (1, "Kyoto"), (2, "Quito")];
    let tasks = offers
        .map(|(days, town)| create_task(sleep_result(days, town)).named(town));

    let mut items = as_completed(&tasks);
    if let Some(first) = items.next() {
        println!("the first task: {}", tasks[0].get_name());
        println!("the first item: {}", first.await?);
    }

    let mut completed = as_completed(&tasks);
    while let Some(task) = completed.anext().await? {
        let place = tasks.iter().position(|other| *other == task);
        println!("task {}: {}", place.unwrap_or_default(), task.await?);
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
