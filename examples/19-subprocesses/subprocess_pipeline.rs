//! Two subprocesses in a pipeline, as `yes | head -n 3`: once through a pipe of the
//! system, once through this program.
//!
//! Run it: `cargo run --example subprocess_pipeline`
//!
//! Shows: shell_pipe_word_count, subprocesses_run_in_parallel

use std::io::pipe;

use asyncio::subprocess::PIPE;
use asyncio::{AsyncIterator, Result, create_subprocess_exec, gather, run};

// ANCHOR: direct
/// The two processes are connected directly; none of their data passes through
/// this program.
async fn connected() -> Result<()> {
    let (reader, writer) = pipe()?;
    let yes = create_subprocess_exec("yes").arg("on and on").stdout(writer).await?;
    let mut head = create_subprocess_exec("head")
        .args(["-n", "3"])
        .stdin(reader)
        .stdout(PIPE)
        .await?;
    let (stdout, _) = head.communicate().await?;
    print!("{}", String::from_utf8(stdout.unwrap_or_default())?);
    // The first process has no reader any more: SIGPIPE ends it.
    println!("ended: {:?}", gather([yes.wait(), head.wait()]).await?);
    Ok(())
}
// ANCHOR_END: direct

// ANCHOR: through
/// One stage of the pipeline is written in Rust: it passes on every third line.
/// `drain` keeps it from reading faster than the second process does, so it needs
/// no more memory for a million lines than for ten.
async fn through_here() -> Result<()> {
    let mut seq = create_subprocess_exec("seq").arg("100000").stdout(PIPE).await?;
    let mut count =
        create_subprocess_exec("wc").arg("-l").stdin(PIPE).stdout(PIPE).await?;
    let mut source = seq.stdout.take().expect("it is piped");
    let sink = count.stdin.clone().expect("it is piped");
    while let Some(line) = source.anext().await? {
        if str::from_utf8(&line)?.trim().parse::<u32>()? % 3 == 0 {
            sink.write(line)?;
            sink.drain().await?;
        }
    }
    let (stdout, _) = count.communicate().await?;
    println!(
        "a third of them: {}",
        String::from_utf8(stdout.unwrap_or_default())?.trim()
    );
    println!("ended: {:?}", gather([seq.wait(), count.wait()]).await?);
    Ok(())
}
// ANCHOR_END: through

async fn program() -> Result<()> {
    connected().await?;
    through_here().await
}

fn main() -> Result<()> {
    run(program())
}
