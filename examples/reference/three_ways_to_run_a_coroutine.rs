//! The three ways to have a coroutine executed: `run` for the outermost one,
//! `.await` for one after the other, and `create_task` for one beside the other.
//!
//! Run it: `cargo run --example three_ways_to_run_a_coroutine`
//!
//! Shows: three_ways_to_run_a_coroutine

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn brew(drink: &str) -> Result<()> {
    println!("brewing {drink}");
    sleep(1).await?;
    println!("{drink} is ready");
    Ok(())
}

async fn breakfast() -> Result<()> {
    // Awaited: breakfast continues when the coffee is ready.
    brew("coffee").await?;
    // As a task: breakfast continues at once, and the tea starts when it waits.
    let tea = create_task(brew("tea"));
    println!("buttering toast");
    tea.await
}

fn main() -> Result<()> {
    // Outside of any coroutine: `run` makes a loop, which runs until breakfast is
    // over.
    run(breakfast())
}
// ANCHOR_END: program
