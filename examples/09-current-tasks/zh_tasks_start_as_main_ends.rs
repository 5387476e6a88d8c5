//! The main coroutine ends at once. The tasks it made still take their first step,
//! since that was queued before; at their sleep they are cancelled.
//!
//! Run it: `cargo run --example zh_tasks_start_as_main_ends`
//!
//! Shows: zh_tasks_start_as_main_ends

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: main
async fn task_coroutine(value: u32) -> Result<()> {
    println!("任务 {value} 开始运行");
    sleep(1)
        .await
        .inspect_err(|error| println!("任务 {value} 被取消: {error:?}"))?;
    println!("任务 {value} 结束运行");
    Ok(())
}

async fn program() -> Result<()> {
    println!("主协程已启动");
    for i in 0..3 {
        create_task(task_coroutine(i));
    }
    println!("主协程即将结束");
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
