//! A question of the page 08-query-tasks: A task was cancelled. What does
//! `exception()` return?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(sleep(60));
    sleep(0).await?;
    task.cancel();
    let _ = (&task).await;
    match task.exception() {
        Ok(Some(error)) => println!("Ok(Some({error:?}))"),
        Ok(None) => println!("Ok(None)"),
        Err(error) => println!("Err({error:?})"),
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
