//! `gather` makes a task of each coroutine, in the order of the arguments, before
//! anything is awaited. A task that it is given was scheduled long before, and may
//! be given twice: it runs once and its result appears twice.
//!
//! Run it: `cargo run --example gather_wraps_coroutines`
//!
//! Shows: gather_wraps_coroutines, gather_tasks_already_running

use asyncio::{Result, all_tasks, create_task, gather, run, sleep};

// ANCHOR: program
async fn bake(cake: &str) -> Result<String> {
    println!("baking {cake}");
    sleep(1).await?;
    Ok(format!("a {cake}"))
}

/// Prints the names of all tasks, in the order in which they were created.
fn show_tasks(when: &str) -> Result<()> {
    let names: Vec<_> =
        all_tasks()?.iter().map(|task| task.get_name().to_string()).collect();
    println!("{when}: {}", names.join(" "));
    Ok(())
}

async fn program() -> Result<()> {
    let coros = [bake("tart"), bake("pie")];
    show_tasks("with two coroutines prepared")?;
    let group = gather(coros);
    show_tasks("with the two gathered")?;
    println!("{:?}", group.await?);

    let task = create_task(bake("sponge")).named("sponge");
    sleep(0).await?;
    println!("now the task is gathered, twice");
    println!("{:?}", gather([&task, &task]).await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
