//! `echo`, started by the shell, prints beside this program; the process prints as
//! `<Process 50249>`.
//!
//! Run it: `cargo run --example subprocess_shell_echo`
//!
//! Shows: subprocess_shell_echo

use asyncio::{Result, create_subprocess_shell, run};

// ANCHOR: program
async fn program() -> Result<()> {
    let process = create_subprocess_shell("echo Hello World").await?;
    println!("subprocess: {process}");
    // When the loop closes it kills the children that are still running.
    process.wait().await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
