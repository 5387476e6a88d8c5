//! How to show progress: a done callback that prints a dot for every task that
//! ends. It is a plain function, called with the task whether that ended well,
//! failed or was cancelled.
//!
//! Run it: `cargo run --example task_progress_dots`
//!
//! Shows: task_progress_dots, done_callback_is_a_plain_function

use std::io::{Write, stdout};

use asyncio::{Result, Task, ValueError, create_task, run, sleep, wait};

// ANCHOR: dots
async fn work(number: u32) -> Result<u32> {
    sleep(0.1 * f64::from(number)).await?;
    Ok(number)
}

fn progress(_task: &Task<u32>) {
    let _ = write!(stdout(), ".");
    let _ = stdout().flush();
}

async fn show_dots() -> Result<()> {
    let tasks: Vec<_> = (0..10).map(|number| create_task(work(number))).collect();
    for task in &tasks {
        let _ = task.add_done_callback(progress);
    }
    wait(&tasks).await?;
    writeln!(stdout())?;
    Ok(())
}
// ANCHOR_END: dots

// ANCHOR: ends
async fn fail() -> Result<u32> {
    Err(ValueError::new("no such page").into())
}

fn report(task: &Task<u32>) {
    match task.result() {
        Ok(number) => println!("{}: {number}", task.get_name()),
        Err(error) => println!("{}: {error:?}", task.get_name()),
    }
}

async fn show_ends() -> Result<()> {
    let tasks = [
        create_task(work(1)).named("good"),
        create_task(fail()).named("bad"),
        create_task(work(3)).named("unwanted"),
    ];
    for task in &tasks {
        let _ = task.add_done_callback(report);
    }
    tasks[2].cancel();
    wait(&tasks).await?;
    Ok(())
}
// ANCHOR_END: ends

async fn program() -> Result<()> {
    show_dots().await?;
    show_ends().await
}

fn main() -> Result<()> {
    run(program())
}
