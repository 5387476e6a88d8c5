//! A question of the page 07-tasks: A task fails, and nothing awaits it. What does
//! this program print on standard output?

use asyncio::{Result, ValueError, create_task, sleep};

// ANCHOR: program
async fn fail() -> Result<()> {
    Err(ValueError::new("no").into())
}

async fn program() -> Result<()> {
    create_task(fail());
    sleep(1).await?;
    println!("all is well");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
