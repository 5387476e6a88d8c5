//! A question of the page 03-when: Each of ten jobs *computes* for two seconds. How
//! long do they take together, on a machine with ten processors?

use asyncio::{Result, gather, time};

// ANCHOR: program
async fn job() -> Result<()> {
    time::sleep(2); // stands for a computation
    Ok(())
}

async fn program() -> Result<()> {
    gather((0..10).map(|_| job())).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    crate::seconds(program())
}
