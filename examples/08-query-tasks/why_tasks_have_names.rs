//! Three tasks of one coroutine function: the name of the current task in each line
//! of the log tells whose line it is.
//!
//! Run it: `cargo run --example why_tasks_have_names`
//!
//! Shows: why_tasks_have_names

use asyncio::{Result, create_task, current_task, gather, run, sleep};

// ANCHOR: program
fn log(what: &str) -> Result<()> {
    let task = current_task()?.expect("a coroutine runs in a task");
    println!("[{}] {what}", task.get_name());
    Ok(())
}

async fn worker(jobs: u32) -> Result<()> {
    log("started")?;
    for _ in 0..jobs {
        sleep(1).await?;
    }
    log(&format!("{jobs} jobs done"))
}

async fn program() -> Result<()> {
    let workers = [("mail", 2), ("print", 1), ("backup", 3)];
    gather(workers.map(|(name, jobs)| create_task(worker(jobs)).named(name)))
        .await?;
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
