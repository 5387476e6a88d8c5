//! `asyncio.wait` with `FIRST_COMPLETED` returns with the first task that is done.
//! It cancels nothing: the others go on, and can be waited for once more.
//!
//! Run it: `cargo run --example wait_first_completed`
//!
//! Shows: wait_first_completed

use asyncio::{Result, ReturnWhen::FirstCompleted, create_task, run, sleep, wait};

// ANCHOR: program
async fn ask(mirror: &str, seconds: f64) -> Result<&str> {
    sleep(seconds).await?;
    println!("{mirror} has answered");
    Ok(mirror)
}

async fn program() -> Result<()> {
    let mirrors = [("Lisbon", 2.0), ("Tokyo", 1.0), ("Lima", 3.0)];
    let mut pending: Vec<_> =
        mirrors.map(|(mirror, seconds)| create_task(ask(mirror, seconds))).into();

    while !pending.is_empty() {
        let (done, others) = wait(&pending).return_when(FirstCompleted).await?;
        for task in done {
            println!(
                "taken from {}, {} still on the way",
                task.await?,
                others.len()
            );
        }
        pending = others;
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
