//! A manager that announces, in Chinese, when its block is entered and left:
//! `async with`.
//!
//! Run it: `cargo run --example zh_async_context_manager`
//!
//! Shows: zh_async_context_manager

use asyncio::{AsyncContextManager, Error, Result, async_with, run, sleep};

// ANCHOR: manager
struct Announcing;

impl AsyncContextManager for Announcing {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        println!(">进入上下文管理器");
        sleep(0.5).await
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        println!(">退出上下文管理器");
        sleep(0.5).await?;
        Ok(false)
    }
}
// ANCHOR_END: manager

// ANCHOR: use
async fn custom_coroutine() -> Result<()> {
    async_with(Announcing, async |()| {
        println!("在上下文管理器内部");
        Ok(())
    })
    .await?;
    Ok(())
}

fn main() -> Result<()> {
    run(custom_coroutine())
}
// ANCHOR_END: use
