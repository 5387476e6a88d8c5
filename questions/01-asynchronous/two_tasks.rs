//! A question of the page 01-asynchronous: And this one, with tasks?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let one = create_task(sleep(2));
    let two = create_task(sleep(3));
    one.await?;
    two.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
