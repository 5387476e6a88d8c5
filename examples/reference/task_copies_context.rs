//! A task runs in a copy of the context in which it was created: what it sets in a
//! context variable stays with it. An awaited coroutine runs in the context of its
//! caller, who sees the change.
//!
//! Run it: `cargo run --example task_copies_context`
//!
//! Shows: task_copies_context

use asyncio::{ContextVar, Result, create_task, run};

// ANCHOR: program
static LANGUAGE: ContextVar<&str> = ContextVar::new("language");

async fn switch_to(language: &'static str) -> Result<()> {
    println!("it was {}", LANGUAGE.get()?);
    LANGUAGE.set(language);
    println!("it is {}", LANGUAGE.get()?);
    Ok(())
}

async fn program() -> Result<()> {
    LANGUAGE.set("English");

    create_task(switch_to("Welsh")).await?;
    println!("after the task: {}", LANGUAGE.get()?);

    switch_to("Breton").await?;
    println!("after the await: {}", LANGUAGE.get()?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
