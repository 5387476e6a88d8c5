//! A task keeps the thread until it awaits something that is not there yet; then
//! the next one runs. So at any moment one task runs, and nothing interrupts it,
//! however long it computes.
//!
//! Run it: `cargo run --example cooperative_multitasking`
//!
//! Shows: cooperative_multitasking, one_coroutine_at_a_time

use asyncio::{Result, create_task, current_task, gather, run, sleep, time};

/// Says who runs.
fn say(what: &str) -> Result<()> {
    let task = current_task()?.expect("a coroutine that runs is part of a task");
    println!("{}: {what}", task.get_name());
    Ok(())
}

// ANCHOR: tasks
async fn polite() -> Result<()> {
    say("one line")?;
    sleep(0).await?;
    say("another line")?;
    sleep(0).await?;
    say("the last line")
}

async fn selfish() -> Result<()> {
    say("now I have the thread")?;
    time::sleep(2);
    say("and still, two seconds later")?;
    already_there().await?;
    say("even after an await, as there was nothing to wait for")
}

async fn already_there() -> Result<()> {
    Ok(())
}

async fn program() -> Result<()> {
    gather([
        create_task(polite()).named("polite"),
        create_task(selfish()).named("selfish"),
    ])
    .await?;
    Ok(())
}
// ANCHOR_END: tasks

fn main() -> Result<()> {
    run(program())
}
