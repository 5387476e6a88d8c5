//! Ten named tasks are listed while they sleep, and then waited for with `gather`.
//! The output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_all_tasks`
//!
//! Shows: zh_all_tasks

use asyncio::{Result, all_tasks, create_task, gather, run, sleep};

// ANCHOR: main
async fn task_coroutine(value: u32) -> Result<()> {
    println!("任务 {value} 开始运行");
    sleep(1).await?;
    println!("任务 {value} 结束运行");
    Ok(())
}

fn main() -> Result<()> {
    run(async {
        println!("主协程已启动");
        let started_tasks: Vec<_> = (0..10)
            .map(|i| create_task(task_coroutine(i)).named(format!("任务{i}")))
            .collect();
        sleep(0.1).await?;
        for task in all_tasks()? {
            println!("> {}, {}", task.get_name(), task.get_coro());
        }
        println!("等待任务完成");
        gather(started_tasks).await?;
        Ok(())
    })
}
// ANCHOR_END: main
