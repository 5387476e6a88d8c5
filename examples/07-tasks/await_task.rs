//! A task is made of a coroutine, runs by itself, and can be awaited. It is a
//! future with a coroutine that supplies the result, so whatever takes a future
//! takes a task.
//!
//! Run it: `cargo run --example await_task`
//!
//! Shows: create_task_high_level, create_task_one_line, await_task,
//! task_is_a_future

use asyncio::{Future, Result, create_task, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: coroutine
async fn brew(drink: &'static str) -> Result<String> {
    sleep(1).await?;
    Ok(format!("a cup of {drink}"))
}
// ANCHOR_END: coroutine

// ANCHOR: future
/// Takes any future; a task is one.
fn is_it_there(future: &Future<String>) {
    println!("there: {}", future.done().repr());
}
// ANCHOR_END: future

async fn program() -> Result<()> {
    // ANCHOR: create
    // In two lines ...
    let coro = brew("tea");
    let tea = create_task(coro);
    // ... or in one.
    let coffee = create_task(brew("coffee"));
    // ANCHOR_END: create

    // ANCHOR: await
    is_it_there(&tea);
    println!("{}", (&tea).await?);
    is_it_there(&tea);
    println!("{}", coffee.await?);
    // ANCHOR_END: await

    // ANCHOR: bare_future
    let water = get_running_loop()?.create_future();
    is_it_there(&water);
    water.set_result("a glass of water".to_owned())?;
    is_it_there(&water);
    println!("{}", water.await?);
    // ANCHOR_END: bare_future
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
