//! A question of the page 05-run: What does the compiler say?

use asyncio::{Result, sleep_result};

// ANCHOR: program
async fn program() -> Result<u32> {
    let answer = sleep_result(1, 42);
    let first = answer.await?;
    let second = answer.await?;
    Ok(first + second)
}
// ANCHOR_END: program
