//! A shell is a process of its own, `/bin/sh` whatever the user prefers, and a
//! child writes to the standard output of its parent unless a pipe is asked for.
//!
//! Run it: `cargo run --example shell_is_a_process`
//!
//! Shows: child_inherits_the_streams, shell_is_a_further_process, shell_is_bin_sh

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_exec, create_subprocess_shell, run};
use guide::repr::Repr;

// ANCHOR: streams
async fn whose_output() -> Result<()> {
    println!("the parent says this");
    create_subprocess_exec("echo").arg("and its child this").await?.wait().await?;
    println!("and the parent again");
    Ok(())
}
// ANCHOR_END: streams

// ANCHOR: shell
async fn which_shell() -> Result<()> {
    let shell = create_subprocess_shell("echo $$ $0").env("SHELL", "/bin/bash");
    let mut process = shell.stdout(PIPE).await?;
    let (stdout, _) = process.communicate().await?;
    let answer = String::from_utf8(stdout.unwrap_or_default())?;
    let (number, name) = answer.trim().split_once(' ').unwrap_or_default();
    println!(
        "{name}; its own number: {}",
        (number == process.pid().to_string()).repr()
    );

    let process =
        create_subprocess_shell("read -r line; echo never").stdin(PIPE).await?;
    process.kill()?;
    println!("the shell was killed: {}", process.wait().await?);
    Ok(())
}
// ANCHOR_END: shell

async fn program() -> Result<()> {
    whose_output().await?;
    which_shell().await
}

fn main() -> Result<()> {
    run(program())
}
