//! A question of the page 11-wait: One of the tasks fails. What does this program
//! print?

use asyncio::{Result, ValueError, create_task, sleep, wait};

// ANCHOR: program
async fn job(number: u32) -> Result<u32> {
    sleep(number).await?;
    if number == 1 {
        return Err(ValueError::new("failed").into());
    }
    Ok(number)
}

async fn program() -> Result<()> {
    let tasks = [1, 2].map(|number| create_task(job(number)));
    match wait(&tasks).await {
        Ok((done, _)) => println!("{} are done", done.len()),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
