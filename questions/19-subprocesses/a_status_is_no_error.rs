//! A question of the page 19-subprocesses: The command fails. What does this
//! program print?

use asyncio::{Result, create_subprocess_shell};

// ANCHOR: program
async fn program() -> Result<()> {
    match create_subprocess_shell("exit 3").await?.wait().await {
        Ok(status) => println!("status {status}"),
        Err(error) => println!("error {error}"),
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
