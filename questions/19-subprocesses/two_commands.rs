//! A question of the page 19-subprocesses: Each command runs for two seconds in a
//! process of its own. Main awaits one after the other. How long does it take? (The
//! two

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn command() -> Result<()> {
    sleep(2).await // stands for `process.wait()`
}

async fn program() -> Result<()> {
    let first = create_task(command());
    let second = create_task(command());
    first.await?;
    second.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
