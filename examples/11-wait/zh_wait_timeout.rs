//! 中文教程的例子：`asyncio.wait`
//! 最多等待一秒，然后列出已完成和未完成的任务。未完成的任务在 `run` 结束时被取消。
//! (`wait` with a timeout over ten random sleeps, in the words of the Chinese
//! guide.)
//!
//! Run it: `cargo run --example zh_wait_timeout`
//!
//! Shows: zh_wait_timeout

use asyncio::{Result, create_task, run, sleep, wait};
use guide::random::uniform;

// ANCHOR: program
async fn task_coro(arg: usize) -> Result<()> {
    let value = uniform(0.0, 2.0);
    sleep(value).await?;
    println!("> 任务 {arg} 完成，执行时间 {value:.2} 秒");
    Ok(())
}

async fn program() -> Result<()> {
    let tasks: Vec<_> = (0..10).map(|i| create_task(task_coro(i))).collect();
    let (done, pending) = wait(&tasks).timeout(1).await?;

    println!("已完成的任务数量: {}", done.len());
    println!("待处理的任务数量: {}", pending.len());
    if !pending.is_empty() {
        println!("以下任务未在超时时间内完成：");
        for (index, _) in
            tasks.iter().enumerate().filter(|(_, task)| pending.contains(task))
        {
            println!("- 任务 {index}");
        }
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
