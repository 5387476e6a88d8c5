//! Every task has a name: one that it was given, or `Task-N`, where N counts over
//! the whole process.
//!
//! Run it: `cargo run --example task_get_name`
//!
//! Shows: task_name_at_creation, task_set_name, task_get_name

use asyncio::{Result, create_task, current_task, run};

async fn sort_letters() -> Result<()> {
    Ok(())
}

// ANCHOR: names
async fn names() -> Result<()> {
    let task = create_task(sort_letters()).named("sorter");
    println!("at creation: {}", task.get_name());
    task.set_name("night shift");
    println!("later: {}", task.get_name());
    task.set_name(42);
    println!("a number becomes text: {:?}", task.get_name());
    task.await
}
// ANCHOR_END: names

// ANCHOR: numbers
async fn my_name() -> Result<()> {
    println!(
        "{}",
        current_task()?
            .expect("a coroutine that runs is part of a task")
            .get_name()
    );
    Ok(())
}

fn main() -> Result<()> {
    run(my_name())?;
    // At its end, each `run` uses up two numbers for tasks of its own.
    run(my_name())?;
    run(names())
}
// ANCHOR_END: numbers
