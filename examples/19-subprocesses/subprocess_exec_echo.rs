//! `echo`, started by its name, prints beside this program; the process prints as
//! `<Process 50249>`.
//!
//! Run it: `cargo run --example subprocess_exec_echo`
//!
//! Shows: subprocess_exec_echo

use asyncio::{Result, create_subprocess_exec, run};

// ANCHOR: program
async fn program() -> Result<()> {
    let process = create_subprocess_exec("echo").arg("Hello World").await?;
    println!("subprocess: {process}");
    // A loop that closes kills the children that still run.
    process.wait().await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
