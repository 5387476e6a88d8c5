//! Ten tasks are started and, while they sleep, all tasks are listed, the main one
//! too: `asyncio.all_tasks()`.
//!
//! Run it: `cargo run --example all_tasks`
//!
//! Shows: all_tasks_snippet, all_tasks

use asyncio::{Result, all_tasks, create_task, run, sleep};

// ANCHOR: main
async fn task_coroutine(value: u32) -> Result<()> {
    println!("task {value} is running");
    sleep(1).await
}

fn main() -> Result<()> {
    run(async {
        println!("main coroutine started");
        let started_tasks: Vec<_> =
            (0..10).map(|i| create_task(task_coroutine(i))).collect();
        sleep(0.1).await?;
        for task in all_tasks()? {
            println!("> {}, {}", task.get_name(), task.get_coro());
        }
        for task in started_tasks {
            task.await?;
        }
        Ok(())
    })
}
// ANCHOR_END: main
