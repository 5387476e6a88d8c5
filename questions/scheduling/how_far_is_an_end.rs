//! A question of the page scheduling: Main awaits a task twice: directly, and
//! through `gather`. Does the other visitor come before main?

use asyncio::{Result, create_task, gather, sleep};

// ANCHOR: program
async fn work() -> Result<()> {
    println!("  the work ends");
    Ok(())
}

async fn visit() -> Result<()> {
    sleep(0).await?;
    println!("  a visitor");
    Ok(())
}

async fn program() -> Result<()> {
    println!("directly");
    let task = create_task(work());
    create_task(visit());
    task.await?;
    println!("  main");

    sleep(1).await?;
    println!("through gather");
    let group = gather([work()]);
    create_task(visit());
    group.await?;
    println!("  main");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
