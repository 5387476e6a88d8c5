//! 中文教程的例子：协程要睡一秒以上，却只有 0.2 秒；`asyncio.wait_for` 取消它并抛出
//! `TimeoutError`。 (`wait_for` gives up, in the words of the Chinese guide.)
//!
//! Run it: `cargo run --example zh_wait_for_timeout`
//!
//! Shows: zh_wait_for_timeout

use asyncio::{Result, TimeoutError, run, sleep, wait_for};
use guide::random::random;

// ANCHOR: program
async fn task_coro(_arg: u32) -> Result<()> {
    let value = 1.0 + random();
    println!(">任务接收到 {value}");
    sleep(value).await?;
    println!(">任务完成");
    Ok(())
}

async fn program() -> Result<()> {
    let task = task_coro(1);
    match wait_for(task, 0.2).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("放弃等待，任务已取消")
        }
        outcome => outcome?,
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
