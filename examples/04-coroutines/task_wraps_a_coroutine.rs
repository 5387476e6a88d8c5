//! A task wraps a coroutine: it knows which one, and runs it independently of the
//! code that made the task. There is no task without a coroutine; a function that
//! was not called is none, as `src/compile_fail/coroutines.rs` shows.
//!
//! Run it: `cargo run --example task_wraps_a_coroutine`
//!
//! Shows: task_wraps_a_coroutine

use asyncio::{Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: wrap
async fn water_the_plants(plants: u32) -> Result<u32> {
    sleep(1).await?;
    println!("watered");
    Ok(plants)
}

async fn program() -> Result<()> {
    let task = create_task(water_the_plants(7)).named("garden");
    println!("{} wraps {}", task.get_name(), task.get_coro().name());
    println!("not awaited yet, and on its own way");
    sleep(2).await?;
    println!("done: {}, result: {}", task.done().repr(), task.result()?);
    Ok(())
}
// ANCHOR_END: wrap

fn main() -> Result<()> {
    run(program())
}
