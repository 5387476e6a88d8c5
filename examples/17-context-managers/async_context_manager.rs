//! A manager that waits on both ends, around a block: a class with `__aenter__` and
//! `__aexit__`, and `async with`.
//!
//! Run it: `cargo run --example async_context_manager`
//!
//! Shows: async_context_manager, define_async_context_manager,
//! async_context_manager_awaits, async_with_snippet

use asyncio::{AsyncContextManager, Error, Result, async_with, run, sleep};

// ANCHOR: manager
struct Announcing;

impl AsyncContextManager for Announcing {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        println!(">entering the context manager");
        sleep(0.5).await
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        println!(">exiting the context manager");
        sleep(0.5).await?;
        Ok(false)
    }
}
// ANCHOR_END: manager

// ANCHOR: use
async fn custom_coroutine() -> Result<()> {
    async_with(Announcing, async |()| {
        println!("within the manager");
        Ok(())
    })
    .await?;
    Ok(())
}

fn main() -> Result<()> {
    run(custom_coroutine())
}
// ANCHOR_END: use
