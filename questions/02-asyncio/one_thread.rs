//! A question of the page 02-asyncio: Ten thousand tasks sleep. In how many threads
//! do they run?

use std::collections::HashSet;

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let tasks = (0..10_000).map(|_| async {
        sleep(1).await?;
        Ok(std::thread::current().id())
    });
    let threads: HashSet<_> = gather(tasks).await?.into_iter().collect();
    println!("{}", threads.len());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
