//! The pipes of a shell: reading all of its output, sending it bytes, reading a
//! line.
//!
//! Run it: `cargo run --example subprocess_shell_communicate`
//!
//! Shows: subprocess_shell_communicate, subprocess_shell_communicate_input,
//! subprocess_shell_stdout_pipe, subprocess_shell_read_line

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_shell, run};

// ANCHOR: read
async fn read() -> Result<()> {
    let mut process =
        create_subprocess_shell("echo Hello World").stdout(PIPE).await?;
    let (stdout, _) = process.communicate().await?;
    println!("all of it: b'{}'", stdout.unwrap_or_default().escape_ascii());
    Ok(())
}
// ANCHOR_END: read

// ANCHOR: send
async fn send() -> Result<()> {
    let mut process = create_subprocess_shell("tr a-z A-Z | rev")
        .stdin(PIPE)
        .stdout(PIPE)
        .await?;
    let (stdout, _) = process.communicate_with("stressed\n").await?;
    println!("sent and read: b'{}'", stdout.unwrap_or_default().escape_ascii());
    Ok(())
}
// ANCHOR_END: send

// ANCHOR: line
async fn read_a_line() -> Result<()> {
    let mut process =
        create_subprocess_shell("echo first; echo second").stdout(PIPE).await?;
    let stdout = process.stdout.as_mut().expect("it is piped");
    println!("a line: b'{}'", stdout.readline().await?.escape_ascii());
    // `communicate` reads the rest.
    let (rest, _) = process.communicate().await?;
    println!("the rest: b'{}'", rest.unwrap_or_default().escape_ascii());
    Ok(())
}
// ANCHOR_END: line

async fn program() -> Result<()> {
    read().await?;
    send().await?;
    read_a_line().await
}

fn main() -> Result<()> {
    run(program())
}
