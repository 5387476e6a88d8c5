//! Children run beside each other, and beside this program: three are started, then
//! all are waited for together.
//!
//! Run it: `cargo run --example subprocesses_run_in_parallel`
//!
//! Shows: subprocesses_run_in_parallel

use asyncio::subprocess::{PIPE, Process};
use asyncio::{Result, create_subprocess_shell, gather, run};

// ANCHOR: program
/// A child process that counts the letters of its input.
async fn counter() -> Result<Process> {
    create_subprocess_shell("wc -c | tr -d ' '").stdin(PIPE).stdout(PIPE).await
}

async fn count(mut process: Process, text: &str) -> Result<usize> {
    let (stdout, _) = process.communicate_with(text).await?;
    Ok(String::from_utf8(stdout.unwrap_or_default())?.trim().parse()?)
}

async fn program() -> Result<()> {
    let processes = gather([counter(), counter(), counter()]).await?;
    let running =
        processes.iter().filter(|process| process.returncode().is_none()).count();
    println!("{running} run at once");
    let texts = ["as", "time", "goes by"];
    let counts = gather(
        processes
            .into_iter()
            .zip(texts)
            .map(|(process, text)| count(process, text)),
    )
    .await?;
    println!("letters: {counts:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
