//! A question of the page 12-wait-for: The function blocks the thread for five
//! seconds, and the limit is one. What does this program print?

use asyncio::{Result, get_running_loop, time, wait_for};

// ANCHOR: program
async fn compute() -> Result<u32> {
    time::sleep(5);
    Ok(42)
}

async fn program() -> Result<()> {
    let start = get_running_loop()?.time();
    let answer = wait_for(compute(), 1).await;
    let seconds = get_running_loop()?.time() - start;
    println!("{:?} after {seconds:.0} s", answer.ok());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
