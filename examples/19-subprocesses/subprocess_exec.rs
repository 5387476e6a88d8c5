//! `create_subprocess_exec` starts a program and is done when it has started; each
//! argument reaches the program as it is.
//!
//! Run it: `cargo run --example subprocess_exec`
//!
//! Shows: subprocess_exec, subprocess_exec_arguments, exec_does_not_use_a_shell

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_exec, run};
use guide::repr::Repr;

// ANCHOR: start
async fn start() -> Result<()> {
    let process = create_subprocess_exec("sleep").arg("2").await?;
    println!("the kettle is on: {}", process.returncode().repr());
    process.wait().await?;
    println!("the water boils: {}", process.returncode().repr());
    Ok(())
}
// ANCHOR_END: start

// ANCHOR: missing
async fn start_what_is_not_there() {
    if let Err(error) = create_subprocess_exec("brew-coffee").await {
        println!("{error}");
    }
    // A single name with a space in it, not a name and an argument.
    if let Err(error) = create_subprocess_exec("sleep 1").await {
        println!("{error}");
    }
}
// ANCHOR_END: missing

// ANCHOR: plain
async fn no_shell() -> Result<()> {
    let mut process = create_subprocess_exec("echo")
        .args(["$HOME", "*", "; reboot"])
        .stdout(PIPE)
        .await?;
    let (stdout, _) = process.communicate().await?;
    print!("{}", String::from_utf8(stdout.unwrap_or_default())?);
    Ok(())
}
// ANCHOR_END: plain

async fn program() -> Result<()> {
    start().await?;
    start_what_is_not_there().await;
    no_shell().await
}

fn main() -> Result<()> {
    run(program())
}
