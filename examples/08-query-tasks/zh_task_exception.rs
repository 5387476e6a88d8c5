//! Awaiting the task raises what its coroutine raised; the exception can then be
//! read from the task. The output is the blog's, in Chinese.
//!
//! Run it: `cargo run --example zh_task_exception`
//!
//! Shows: zh_task_exception

use asyncio::{Result, ValueError, create_task, run};

// ANCHOR: main
async fn faulty_coroutine() -> Result<()> {
    Err(ValueError::new("协程中发生了错误。").into())
}

async fn program() -> Result<()> {
    let task = create_task(faulty_coroutine());
    if (&task).await.is_err()
        && let Some(exception) = task.exception()?
    {
        println!("任务异常: {exception}");
    }
    Ok(())
}
// ANCHOR_END: main

fn main() -> Result<()> {
    run(program())
}
