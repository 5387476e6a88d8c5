//! An order at a coffee bar: the call returns at once, with an object that can be
//! asked whether it is done and for its result, and that can be cancelled. That is
//! a task: the call and the future of its result in one (`asyncio.create_task`).
//!
//! Run it: `cargo run --example async_call_returns_future`
//!
//! Shows: async_call_returns_future, async_task_is_call_plus_future

use asyncio::{Result, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: call
async fn brew(drink: &str, seconds: u32) -> Result<String> {
    sleep(seconds).await?;
    Ok(format!("a cup of {drink}"))
}

async fn buy_an_espresso() -> Result<()> {
    let order = create_task(brew("espresso", 1));
    println!("ordered, done: {}", order.done().repr());
    if let Err(error) = order.result() {
        println!("asked too early: {error:?}");
    }
    sleep(2).await?;
    println!("later, done: {}", order.done().repr());
    println!("result: {}", order.result()?);
    Ok(())
}
// ANCHOR_END: call

// ANCHOR: cancel
async fn change_ones_mind() -> Result<()> {
    let order = create_task(brew("filter coffee", 300));
    sleep(1).await?;
    println!("called off: {}", order.cancel().repr());
    match order.await {
        Ok(cup) => println!("too late, here is {cup}"),
        Err(error) => println!("result: {error:?}"),
    }
    Ok(())
}
// ANCHOR_END: cancel

async fn program() -> Result<()> {
    buy_an_espresso().await?;
    change_ones_mind().await
}

fn main() -> Result<()> {
    run(program())
}
