//! A question of the page 09-current-tasks: How many tasks does `all_tasks` list?

use asyncio::{Result, all_tasks, create_task, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let _done = create_task(sleep(0));
    let _cancelled = create_task(sleep(60));
    let _waiting = create_task(sleep(60));
    sleep(1).await?;
    _cancelled.cancel();
    sleep(1).await?;
    println!("{}", all_tasks()?.len());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
