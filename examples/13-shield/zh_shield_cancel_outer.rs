//! 中文教程的例子：取消保护层，内部任务不受影响，一直运行到结束。 (Cancelling the
//! shield leaves the task alone, in the words of the Chinese guide.)
//!
//! Run it: `cargo run --example zh_shield_cancel_outer`
//!
//! Shows: zh_shield_cancel_outer

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
    let shielded = shield(&task);
    shielded.cancel();
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
