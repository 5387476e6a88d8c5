//! A progress display while commands run: each command reports its steps, and one
//! line shows how far all of them are.
//!
//! On a terminal the line is written over; elsewhere there is a line for each step.
//!
//! Run it: `cargo run --example subprocess_progress`
//!
//! Shows: subprocesses_run_in_parallel, subprocess_read_line

use std::io::{IsTerminal, Write, stdout};

use asyncio::subprocess::PIPE;
use asyncio::{
    AsyncIterator, Queue, Result, create_subprocess_shell, create_task, gather, run,
};

const STEPS: usize = 4;

// ANCHOR: command
/// Runs a command that prints a line for each step, and reports each step.
async fn build(package: &str, seconds: f64, news: Queue<()>) -> Result<i32> {
    let work = format!(
        "for step in 1 2 3 {STEPS}; do sleep {seconds}; echo {package} $step; done"
    );
    let mut process = create_subprocess_shell(work).stdout(PIPE).await?;
    let mut steps = process.stdout.take().expect("it is piped");
    while steps.anext().await?.is_some() {
        news.put(()).await?;
    }
    process.wait().await
}
// ANCHOR_END: command

// ANCHOR: display
/// Redraws the progress bar after each step, until everything is done.
async fn display(total: usize, news: Queue<()>) -> Result<()> {
    let end = if stdout().is_terminal() { "\r" } else { "\n" };
    for done in 1..=total {
        news.get().await?;
        let bar = "#".repeat(done) + &".".repeat(total - done);
        write!(stdout(), "[{bar}] {done}/{total}{end}")?;
        stdout().flush()?;
    }
    if stdout().is_terminal() {
        writeln!(stdout())?;
    }
    Ok(())
}
// ANCHOR_END: display

// ANCHOR: program
async fn program() -> Result<()> {
    let packages = [("parser", 0.02), ("printer", 0.03), ("prover", 0.01)];
    let news = Queue::new(0);
    let drawing = create_task(display(packages.len() * STEPS, news.clone()));
    let codes = gather(
        packages.map(|(package, seconds)| build(package, seconds, news.clone())),
    )
    .await?;
    drawing.await?;
    for ((package, _), code) in packages.iter().zip(codes) {
        println!("{package}: {}", if code == 0 { "built" } else { "failed" });
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
