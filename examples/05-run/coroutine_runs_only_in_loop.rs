//! A coroutine goes nowhere without a loop. Made outside one, it waits; pushed by
//! hand, it comes as far as its first wait for time, which only a loop can measure.
//!
//! Run it: `cargo run --example coroutine_runs_only_in_loop`
//!
//! Shows: coroutine_runs_only_in_loop

use std::pin::pin;

use asyncio::{Result, coroutine, run, sleep, try_create_task};

// ANCHOR: without
async fn boil_an_egg() -> Result<&'static str> {
    println!("    water on");
    sleep(4).await?;
    println!("    water off");
    Ok("an egg")
}

fn main() -> Result<()> {
    let coro = coroutine(boil_an_egg());
    println!("made, and nothing happens");

    if let Err(error) = pin!(coro).send() {
        println!("by hand: {error:?}");
    }
    if let Err(error) = try_create_task(boil_an_egg()) {
        println!("as a task: {error:?}");
    }
    println!("in a loop: {}", run(boil_an_egg())?);
    Ok(())
}
// ANCHOR_END: without
