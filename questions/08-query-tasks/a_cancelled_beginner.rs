//! A question of the page 08-query-tasks: The task is cancelled before it has
//! begun. What does this program print?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn work() -> Result<()> {
    println!("begin");
    let result = sleep(60).await;
    println!("clean up");
    result
}

async fn program() -> Result<()> {
    let task = create_task(work());
    task.cancel();
    let cancelled = (&task).await.is_err_and(|error| error.is_cancelled());
    println!("cancelled: {cancelled}");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
