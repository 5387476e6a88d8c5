//! `communicate` sends bytes to a child, reads all that it prints and waits for its
//! end, all at once.
//!
//! Run it: `cargo run --example subprocess_communicate`
//!
//! Shows: subprocess_communicate, subprocess_communicate_input,
//! subprocess_stdout_pipe

use asyncio::subprocess::{PIPE, STDOUT};
use asyncio::{Result, create_subprocess_exec, run};
use guide::repr::Repr;

// ANCHOR: read
async fn read() -> Result<()> {
    let mut process =
        create_subprocess_exec("echo").arg("Hello World").stdout(PIPE).await?;
    let (stdout, stderr) = process.communicate().await?;
    println!("stdout: b'{}'", stdout.unwrap_or_default().escape_ascii());
    println!("stderr is piped: {}", stderr.is_some().repr());
    Ok(())
}
// ANCHOR_END: read

// ANCHOR: send
async fn send() -> Result<()> {
    let mut process =
        create_subprocess_exec("sort").stdin(PIPE).stdout(PIPE).await?;
    let (stdout, _) = process.communicate_with(b"pear\napple\nfig\n").await?;
    println!(
        "sorted: {:?}",
        String::from_utf8(stdout.unwrap_or_default())?.lines().collect::<Vec<_>>()
    );
    Ok(())
}
// ANCHOR_END: send

// ANCHOR: both
/// Far more than a pipe holds: writing all of it before reading would wait for
/// ever.
async fn both_ways() -> Result<()> {
    let mut process =
        create_subprocess_exec("cat").stdin(PIPE).stdout(PIPE).await?;
    let (stdout, _) = process.communicate_with(vec![b'x'; 5_000_000]).await?;
    println!("came back: {} bytes", stdout.unwrap_or_default().len());
    Ok(())
}
// ANCHOR_END: both

// ANCHOR: errors
async fn errors() -> Result<()> {
    let complain = || {
        create_subprocess_exec("sh")
            .args(["-c", "echo fine; echo broken >&2; exit 2"])
    };
    let mut process = complain().stdout(PIPE).stderr(PIPE).await?;
    let (stdout, stderr) = process.communicate().await?;
    println!("apart: b'{}'", stdout.unwrap_or_default().escape_ascii());
    println!("       b'{}'", stderr.unwrap_or_default().escape_ascii());
    let mut process = complain().stdout(PIPE).stderr(STDOUT).await?;
    let (stdout, _) = process.communicate().await?;
    println!("in one: b'{}'", stdout.unwrap_or_default().escape_ascii());
    Ok(())
}
// ANCHOR_END: errors

async fn program() -> Result<()> {
    read().await?;
    send().await?;
    both_ways().await?;
    errors().await
}

fn main() -> Result<()> {
    run(program())
}
