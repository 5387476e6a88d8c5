//! A question of the page newer: What does this program print with the eager task
//! factory?

use asyncio::{Result, TaskFactory, create_task, get_running_loop, sleep};

// ANCHOR: program
async fn greet(name: &str) -> Result<()> {
    println!("hello, {name}");
    sleep(0).await?;
    println!("bye, {name}");
    Ok(())
}

async fn program() -> Result<()> {
    get_running_loop()?.set_task_factory(TaskFactory::Eager);
    let task = create_task(greet("Ada"));
    println!("task made");
    task.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
