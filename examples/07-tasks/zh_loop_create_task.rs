//! A task may be put on a loop that does not run yet; it begins when the loop does.
//! The output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_loop_create_task`
//!
//! Shows: zh_loop_create_task

use asyncio::{Result, new_event_loop, sleep};

// ANCHOR: main
async fn my_coroutine(name: &str) -> Result<()> {
    println!("任务 {name} 开始执行");
    sleep(1).await?;
    println!("任务 {name} 完成");
    Ok(())
}

fn main() -> Result<()> {
    let event_loop = new_event_loop();

    println!("任务创建之前");
    let task = event_loop.create_task(my_coroutine("A"))?;
    println!("任务创建之后，任务已加入事件循环");

    event_loop.run_until_complete(task)?;
    event_loop.close()?;
    println!("事件循环已关闭");
    Ok(())
}
// ANCHOR_END: main
