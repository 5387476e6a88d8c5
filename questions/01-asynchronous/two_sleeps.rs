//! A question of the page 01-asynchronous: After how many seconds does this program
//! end?

use asyncio::{Result, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let one = sleep(2);
    let two = sleep(3);
    one.await?;
    two.await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
