//! A question of the page 07-tasks: What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn greet(name: &str) -> Result<()> {
    println!("hello, {name}");
    Ok(())
}

async fn program() -> Result<()> {
    let task = create_task(greet("Ada"));
    println!("task made");
    greet("Bo").await?;
    println!("waiting");
    sleep(0).await?;
    println!("done: {}", task.done());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
