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
    // When the loop closes it kills the children that are still running.
    process.wait().await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
