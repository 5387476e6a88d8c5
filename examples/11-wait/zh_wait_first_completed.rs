//! 中文教程的例子：两个任务一快一慢，`asyncio.wait`
//! 在第一个完成时返回，然后再等待剩下的一个。 (`FIRST_COMPLETED`, then the rest, in
//! the words of the Chinese guide.)
//!
//! Run it: `cargo run --example zh_wait_first_completed`
//!
//! Shows: zh_wait_first_completed

use asyncio::{Result, ReturnWhen::FirstCompleted, create_task, run, sleep, wait};
use guide::random::randint;

// ANCHOR: program
async fn async_task(name: &str, duration: i64) -> Result<String> {
    println!("任务 {name} 开始，预计耗时 {duration} 秒");
    sleep(duration).await?;
    println!("任务 {name} 完成");
    Ok(format!("结果 {name}"))
}

async fn program() -> Result<()> {
    let fast_task = create_task(async_task("任务1", randint(1, 3))).named("任务1");
    let slow_task = create_task(async_task("任务2", randint(4, 6))).named("任务2");

    let (done, pending) =
        wait(&[fast_task, slow_task]).return_when(FirstCompleted).await?;
    for task in &done {
        println!("{}的执行结果：{}", task.get_name(), task.result()?);
    }
    println!("已完成任务数：{}", done.len());

    if !pending.is_empty() {
        wait(&pending).await?;
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
