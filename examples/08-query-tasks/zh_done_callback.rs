//! A callback that was registered before the task is awaited runs before the
//! awaiting task. The output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_done_callback`
//!
//! Shows: zh_done_callback

use asyncio::{Result, Task, create_task, run, sleep};

// ANCHOR: main
async fn my_coroutine() -> Result<&'static str> {
    println!("开始任务");
    sleep(1).await?;
    println!("任务完成");
    Ok("任务完成")
}

fn my_callback(task: &Task<&'static str>) {
    println!("回调函数被调用");
    let result = task.result().expect("the coroutine returns a text");
    println!("任务的返回结果是: {result}");
}

async fn program() -> Result<()> {
    let task = create_task(my_coroutine());
    let _ = task.add_done_callback(my_callback);
    task.await?;
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
