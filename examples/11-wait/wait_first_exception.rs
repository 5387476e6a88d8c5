//! `asyncio.wait` with `FIRST_EXCEPTION` returns with the first task that fails,
//! and with all tasks done if none does. It does not raise the exception: that is
//! in the task, for whoever asks.
//!
//! Run it: `cargo run --example wait_first_exception`
//!
//! Shows: wait_first_exception, wait_first_exception_none_fails

use asyncio::{
    Result, ReturnWhen::FirstException, ValueError, create_task, run, sleep, wait,
};
use guide::repr::raised;

// ANCHOR: check
async fn check(file: &str, seconds: u32, sound: bool) -> Result<()> {
    sleep(seconds).await?;
    if !sound {
        return Err(ValueError::new(format!("{file} is damaged")).into());
    }
    println!("{file} is sound");
    Ok(())
}
// ANCHOR_END: check

// ANCHOR: wait
async fn check_all(archive: &str, second_is_sound: bool) -> Result<()> {
    println!("{archive}:");
    let files = [
        ("one.txt", 1, true),
        ("two.txt", 2, second_is_sound),
        ("three.txt", 3, true),
    ];
    let tasks = files.map(|(file, seconds, sound)| {
        create_task(check(file, seconds, sound)).named(file)
    });

    let (done, pending) = wait(&tasks).return_when(FirstException).await?;
    println!("done: {}, pending: {}", done.len(), pending.len());
    for task in done {
        if let Some(error) = task.exception()? {
            println!("{} raised {}", task.get_name(), raised(&error));
        }
    }
    // What is still going on goes on, unless somebody ends it.
    for task in pending {
        task.cancel();
    }
    Ok(())
}
// ANCHOR_END: wait

async fn program() -> Result<()> {
    check_all("with a damaged file", false).await?;
    check_all("with sound files only", true).await
}

fn main() -> Result<()> {
    run(program())
}
