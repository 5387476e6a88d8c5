//! 中文教程的例子：阻塞函数在线程中运行，主协程同时继续执行。
//! (A blocking function in a thread, in the words of the Chinese guide.)
//!
//! Run it: `cargo run --example zh_to_thread`
//!
//! Shows: zh_to_thread

use asyncio::{Result, create_task, run, sleep, time, to_thread};

// ANCHOR: program
fn blocking_task() {
    println!("任务开始");
    time::sleep(2);
    println!("任务完成");
}

async fn program() -> Result<()> {
    println!("主协程正在执行阻塞任务");
    let coro = to_thread(blocking_task);
    let task = create_task(coro);
    println!("主协程正在做其他事情");
    sleep(0).await?;
    task.await
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
