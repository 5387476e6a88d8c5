//! `gather` makes tasks of coroutines and waits for them all. They end in the order
//! of their delays; the results stand in the order of the arguments.
//!
//! Run it: `cargo run --example gather_result_order`
//!
//! Shows: gather_signature, gather_result_order

use asyncio::{Result, create_task, current_task, gather, run, sleep};

// ANCHOR: program
async fn swim(swimmer: &str, minutes: u32) -> Result<&str> {
    sleep(minutes).await?;
    let task = current_task()?.expect("a coroutine that runs is part of a task");
    println!("{} ends: {swimmer} touches the wall", task.get_name());
    Ok(swimmer)
}

async fn program() -> Result<()> {
    let early_bird = create_task(swim("Vera", 3)).named("early bird");
    let results = gather!(early_bird, swim("Walt", 1), swim("Yuki", 2)).await?;
    println!("{results:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
