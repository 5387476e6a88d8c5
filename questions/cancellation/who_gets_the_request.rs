//! A question of the page cancellation: Main cancels the task that awaits. What
//! happens to the task that is awaited?

use asyncio::{Result, Task, create_task, sleep};

// ANCHOR: program
async fn customer(baker: Task<()>) -> Result<()> {
    (&baker).await
}

async fn program() -> Result<()> {
    let baker = create_task(sleep(60));
    let customer = create_task(customer(baker.clone()));
    sleep(1).await?;
    customer.cancel();
    sleep(1).await?;
    println!("customer: {}", customer.cancelled());
    println!("baker: {}", baker.cancelled());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
