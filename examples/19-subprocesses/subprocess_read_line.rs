//! The pipes of a child are streams: a line written to one, a line read from the
//! other.
//!
//! Run it: `cargo run --example subprocess_read_line`
//!
//! Shows: subprocess_read_line, pipe_gives_stream_objects

use asyncio::subprocess::PIPE;
use asyncio::{
    AsyncIterator, Result, StreamReader, StreamWriter, create_subprocess_exec, run,
};

// ANCHOR: line
async fn read_a_line() -> Result<()> {
    let mut process =
        create_subprocess_exec("echo").arg("Hello World").stdout(PIPE).await?;
    let mut stdout: StreamReader = process.stdout.take().expect("it is piped");
    println!("line: b'{}'", stdout.readline().await?.escape_ascii());
    println!("at the end: b'{}'", stdout.readline().await?.escape_ascii());
    process.wait().await?;
    Ok(())
}
// ANCHOR_END: line

// ANCHOR: talk
async fn talk() -> Result<()> {
    let line = "while read word; do echo \"$word, $word\"; done";
    let mut process = create_subprocess_exec("sh")
        .args(["-c", line])
        .stdin(PIPE)
        .stdout(PIPE)
        .await?;
    let stdin: StreamWriter = process.stdin.take().expect("it is piped");
    let mut stdout: StreamReader = process.stdout.take().expect("it is piped");
    for word in ["hello", "echo"] {
        stdin.write(format!("{word}\n"))?;
        stdin.drain().await?;
        println!(
            "{word} -> {}",
            String::from_utf8(stdout.readline().await?)?.trim_end()
        );
    }
    // Tells the child that its input has ended.
    stdin.close();
    println!("ended: {}", process.wait().await?);
    Ok(())
}
// ANCHOR_END: talk

// ANCHOR: lines
async fn all_lines() -> Result<()> {
    let mut process = create_subprocess_exec("seq").arg("3").stdout(PIPE).await?;
    let mut stdout = process.stdout.take().expect("it is piped");
    while let Some(line) = stdout.anext().await? {
        println!("{} bottles", String::from_utf8(line)?.trim_end());
    }
    process.wait().await?;
    Ok(())
}
// ANCHOR_END: lines

async fn program() -> Result<()> {
    read_a_line().await?;
    talk().await?;
    all_lines().await
}

fn main() -> Result<()> {
    run(program())
}
