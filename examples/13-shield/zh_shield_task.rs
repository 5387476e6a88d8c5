//! 中文教程的例子：辅助任务取消了保护层，主协程捕获
//! `CancelledError`，而内部任务照常完成。 (A cancelled shield around a task that
//! goes on, in the words of the Chinese guide.)
//!
//! Run it: `cargo run --example zh_shield_task`
//!
//! Shows: zh_shield_task

use asyncio::{Future, Result, create_task, run, shield, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn simple_task(number: i32) -> Result<i32> {
    sleep(1).await?;
    Ok(number)
}

async fn cancel_task(task: Future<i32>) -> Result<()> {
    sleep(0.2).await?;
    let was_cancelled = task.cancel();
    println!("已取消: {}", was_cancelled.repr());
    Ok(())
}

async fn program() -> Result<()> {
    let task = create_task(simple_task(1));
    let shielded = shield(&task);
    create_task(cancel_task(shielded.clone()));

    match (&shielded).await {
        Ok(result) => println!(">获得: {result}"),
        Err(error) if error.is_cancelled() => println!("任务已被取消"),
        Err(error) => return Err(error),
    }

    sleep(1).await?;
    println!("保护任务: {shielded:?}");
    println!("任务: {task:?}");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
