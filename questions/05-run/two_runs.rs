//! A question of the page 05-run: What does this program print?

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: program
async fn background() -> Result<()> {
    sleep(1).await?;
    println!("background");
    Ok(())
}

async fn first() -> Result<()> {
    create_task(background());
    println!("first");
    Ok(())
}

async fn second() -> Result<()> {
    sleep(5).await?;
    println!("second");
    Ok(())
}

pub(crate) fn main() -> Result<()> {
    run(first())?;
    run(second())
}
// ANCHOR_END: program
