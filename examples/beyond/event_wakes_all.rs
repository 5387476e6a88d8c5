//! A flag that wakes all tasks waiting for it: `asyncio.Event`. A woken task goes
//! on, whether or not the flag is still up; a task that comes while it is up does
//! not wait.
//!
//! Run it: `cargo run --example event_wakes_all`

use asyncio::{Event, Result, create_task, gather, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn runner(name: &str, start: Event) -> Result<()> {
    start.wait().await?;
    println!("{name} runs, the flag is up: {}", start.is_set().repr());
    Ok(())
}

async fn program() -> Result<()> {
    let start = Event::new();
    let runners =
        ["Ada", "Bela"].map(|name| create_task(runner(name, start.clone())));
    sleep(1).await?;
    println!("go");
    start.set();
    start.clear();
    gather(runners).await?;

    start.set();
    runner("Cleo, who comes late,", start).await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
