//! A `Process` is the handle of a child: its process ID, its pipes, its return
//! code. `wait` suspends until the child ends.
//!
//! Run it: `cargo run --example subprocess_wait`
//!
//! Shows: subprocess_wait, process_object_api

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_exec, create_task, gather, run, sleep};
use guide::repr::Repr;

// ANCHOR: attributes
async fn attributes() -> Result<()> {
    let process = create_subprocess_exec("cat").stdin(PIPE).await?;
    println!("a number: {}", (process.pid() > 0).repr());
    println!(
        "a pipe to it: {}, a pipe from it: {}",
        process.stdin.is_some().repr(),
        process.stdout.is_some().repr()
    );
    println!("while it runs: {}", process.returncode().repr());
    // `cat` ends when its input ends.
    if let Some(stdin) = &process.stdin {
        stdin.close();
    }
    println!("waited for: {}", process.wait().await?);
    println!("afterwards: {}", process.returncode().repr());
    Ok(())
}
// ANCHOR_END: attributes

// ANCHOR: wait
async fn waiting() -> Result<()> {
    let process = create_subprocess_exec("sh")
        .args(["-c", "read -r enough; exit 3"])
        .stdin(PIPE)
        .await?;
    let stdin = process.stdin.clone().expect("it is piped");
    let knitting = create_task(async move {
        for row in 1..=3 {
            println!("row {row}");
            sleep(0.01).await?;
        }
        stdin.write("enough\n")?;
        Ok(())
    });
    // Several tasks may wait for one process.
    let codes = gather([process.wait(), process.wait()]).await?;
    println!("it has ended with {codes:?}");
    knitting.await
}
// ANCHOR_END: wait

async fn program() -> Result<()> {
    attributes().await?;
    waiting().await
}

fn main() -> Result<()> {
    run(program())
}
