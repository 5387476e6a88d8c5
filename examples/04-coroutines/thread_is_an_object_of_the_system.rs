//! The operating system counts threads and knows nothing of tasks: ten threads are
//! ten more entries in its list, a thousand tasks are none.
//!
//! Run it: `cargo run --example thread_is_an_object_of_the_system`
//!
//! Shows: thread_is_an_object_of_the_system, async_io_is_no_threading

use std::sync::Barrier;
use std::{fs, thread};

use asyncio::{Result, all_tasks, create_task, run, sleep};

// ANCHOR: program
/// How many threads the system lists for this process. (On Linux.)
fn threads() -> Result<usize> {
    Ok(fs::read_dir("/proc/self/task")?.count())
}

async fn program() -> Result<()> {
    let before = threads()?;
    let tasks: Vec<_> = (0..1000).map(|_| create_task(sleep(1))).collect();
    sleep(0).await?;
    println!("tasks that wait: {}", all_tasks()?.len() - 1);
    println!("threads more than before: {}", threads()? - before);
    drop(tasks);

    let (all_there, go) = (Barrier::new(11), Barrier::new(11));
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| (all_there.wait(), go.wait()));
        }
        all_there.wait();
        println!("ten threads, more than before: {}", threads()? - before);
        go.wait();
        Ok(())
    })
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
