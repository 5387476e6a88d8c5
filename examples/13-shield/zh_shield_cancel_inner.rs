//! 中文教程的例子：任务有保护层，但被直接取消；
//! 它在第一步之前就被取消，所以一行也没有运行。
//! (A shield does not help against cancelling the task itself, in the words of the
//! Chinese guide.)
//!
//! Run it: `cargo run --example zh_shield_cancel_inner`
//!
//! Shows: zh_shield_cancel_inner

use asyncio::{Result, create_task, run, shield, sleep};

// ANCHOR: program
async fn coro() -> Result<()> {
    println!("任务开始");
    sleep(3).await?;
    println!("任务完成");
    Ok(())
}

async fn program() -> Result<()> {
    let task = create_task(coro());
    let _shielded = shield(&task);
    task.cancel();
    match task.await {
        Err(error) if error.is_cancelled() => println!("任务被取消"),
        outcome => outcome?,
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
