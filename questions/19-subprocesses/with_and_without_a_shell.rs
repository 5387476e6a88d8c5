//! A question of the page 19-subprocesses: A user has typed this name. What does
//! the program print?

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_exec, create_subprocess_shell};

// ANCHOR: program
async fn program() -> Result<()> {
    let name = "nobody; echo deleted";
    let exec = create_subprocess_exec("echo").arg(name).stdout(PIPE).await?;
    let shell =
        create_subprocess_shell(format!("echo {name}")).stdout(PIPE).await?;
    for mut process in [exec, shell] {
        let (stdout, _) = process.communicate().await?;
        print!("{}", String::from_utf8(stdout.unwrap_or_default())?);
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
