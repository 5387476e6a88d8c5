//! Three ways to have one task follow another: the task creates its follow-up
//! itself, its caller does when it has seen the result, or a done callback does.
//!
//! Run it: `cargo run --example followup_from_a_callback`
//!
//! Shows: followup_from_the_task, followup_from_the_caller,
//! followup_from_a_callback

use asyncio::{Result, Task, create_task, current_task, run, sleep};

async fn thank(customer: &str) -> Result<()> {
    println!("  thank you, {customer}");
    Ok(())
}

// ANCHOR: from_the_task
async fn sell_and_thank(customer: &'static str) -> Result<()> {
    println!("  sold to {customer}");
    let followup = create_task(thank(customer));
    // It may await the follow-up, or let it run by itself.
    followup.await
}
// ANCHOR_END: from_the_task

async fn sell(customer: &str) -> Result<bool> {
    println!("  sold to {customer}");
    Ok(true)
}

// ANCHOR: callback
fn thank_later(task: &Task<bool>) {
    if let Ok(true) = task.result() {
        let current = current_task().expect("callbacks run in the loop");
        println!("  the callback's current task: {current:?}");
        create_task(thank("Carol"));
    }
}
// ANCHOR_END: callback

async fn program() -> Result<()> {
    println!("from the task:");
    create_task(sell_and_thank("Alice")).await?;

    // ANCHOR: from_the_caller
    println!("from the caller:");
    let task = create_task(sell("Bob"));
    if task.await? {
        create_task(thank("Bob")).await?;
    }
    // ANCHOR_END: from_the_caller

    // ANCHOR: from_a_callback
    println!("from a callback:");
    let task = create_task(sell("Carol"));
    let _ = task.add_done_callback(thank_later);
    task.await?;
    // No handle of the follow-up exists here, so give it the time it needs.
    sleep(0.1).await
    // ANCHOR_END: from_a_callback
}

fn main() -> Result<()> {
    run(program())
}
