//! A question of the page backpressure: Requests arrive every second, and each
//! takes ten. The semaphore has two permits. How many tasks exist after a minute?

use asyncio::{Result, Semaphore, all_tasks, create_task, sleep};

// ANCHOR: program
async fn serve(permits: Semaphore) -> Result<()> {
    let _permit = permits.permit().await?;
    sleep(10).await
}

async fn program() -> Result<()> {
    let permits = Semaphore::new(2)?;
    for _request in 0..60 {
        sleep(1).await?;
        create_task(serve(permits.clone()));
    }
    println!("more than 40: {}", all_tasks()?.len() > 40);
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
