//! One task comes to its end, the other is cancelled on the way; `done` and
//! `cancelled` tell them apart. The output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_done_and_cancelled`
//!
//! Shows: zh_done_and_cancelled

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: tasks
async fn task_completed() -> Result<()> {
    println!("任务1正在执行");
    sleep(1).await?;
    println!("任务1完成");
    Ok(())
}

async fn task_cancelled() -> Result<()> {
    println!("任务2正在执行");
    sleep(2).await?;
    println!("任务2完成");
    Ok(())
}
// ANCHOR_END: tasks

// ANCHOR: main
async fn program() -> Result<()> {
    let task1 = create_task(task_completed());
    let task2 = create_task(task_cancelled());
    (&task1).await?;

    task2.cancel();
    match (&task2).await {
        Err(error) if error.is_cancelled() => {}
        result => result?,
    }
    if task1.done() {
        println!("任务1已完成");
    }
    if task2.cancelled() {
        println!("任务2已取消");
    }
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
