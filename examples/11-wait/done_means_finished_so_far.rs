//! The first list that `wait` returns holds whatever has finished by then: with
//! `FirstException` also the tasks that succeeded before the failure, with
//! `FirstCompleted` all that ended at the same moment.
//!
//! Run it: `cargo run --example done_means_finished_so_far`
//!
//! Shows: done_means_finished_so_far, wait_first_exception

use asyncio::ReturnWhen::{FirstCompleted, FirstException};
use asyncio::{Result, Task, ValueError, create_task, run, sleep, wait};

// ANCHOR: program
async fn runner(seconds: u32, falls: bool) -> Result<()> {
    sleep(seconds).await?;
    if falls { Err(ValueError::new("fell").into()) } else { Ok(()) }
}

fn show(what: &str, done: &[Task<()>], pending: &[Task<()>]) -> Result<()> {
    let failed =
        done.iter().filter(|task| matches!(task.exception(), Ok(Some(_)))).count();
    println!(
        "{what}: {} done, {failed} of them failed, {} pending",
        done.len(),
        pending.len()
    );
    Ok(())
}

async fn program() -> Result<()> {
    let race = [(1, false), (2, true), (3, false)]
        .map(|(s, falls)| create_task(runner(s, falls)));
    let (done, pending) = wait(&race).return_when(FirstException).await?;
    show("first exception", &done, &pending)?;

    let tie = [1, 1, 1].map(|seconds| create_task(runner(seconds, false)));
    let (done, pending) = wait(&tie).return_when(FirstCompleted).await?;
    show("first completed", &done, &pending)
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
