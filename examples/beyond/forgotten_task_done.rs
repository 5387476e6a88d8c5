//! A `join` that never returns: the worker skips one item without calling
//! `task_done`, and in the end both wait for ever.
//!
//! Run it: `cargo run --example forgotten_task_done`

use asyncio::{Clock, Queue, Result, Runner, create_task, sleep};

// ANCHOR: program
async fn wash(dishes: Queue<&str>) -> Result<()> {
    loop {
        let dish = dishes.get().await?;
        if dish == "a broken cup" {
            continue; // `task_done` is missing here.
        }
        sleep(1).await?;
        println!("{dish} is clean");
        dishes.task_done()?;
    }
}

async fn program() -> Result<()> {
    let dishes = Queue::new(0);
    for dish in ["a plate", "a broken cup", "a glass"] {
        dishes.put(dish).await?;
    }
    let washer = create_task(wash(dishes.clone())).named("washer");
    dishes.join().await?;
    washer.cancel();
    Ok(())
}
// ANCHOR_END: program

fn main() {
    if let Err(error) = Runner::new().clock(Clock::Virtual).run(program()) {
        println!("{error}");
    }
}
