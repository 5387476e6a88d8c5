//! What `async with` stands for, by hand; a manager made of one coroutine; and a
//! stack of as many as are needed.
//!
//! Run it: `cargo run --example async_with_equivalent`
//!
//! Shows: async_with_equivalent, as_binds_what_enter_returns

use asyncio::{
    AsyncContextManager, AsyncExitStack, Result, async_with, asynccontextmanager,
    run, sleep,
};

// ANCHOR: generator
fn connection(host: &str) -> impl AsyncContextManager<Value = String> {
    asynccontextmanager(async move |scope| {
        println!("connect to {host}");
        sleep(0.01).await?;
        let result = scope.yield_value(format!("<{host}>")).await;
        println!("close {host}");
        sleep(0.01).await?;
        result
    })
}
// ANCHOR_END: generator

// ANCHOR: by_hand
async fn by_hand() -> Result<()> {
    let mut manager = connection("alpha");
    let connection = manager.enter().await?;
    let result = async {
        println!("use {connection}");
        sleep(0.01).await
    }
    .await;
    match manager.exit(result.as_ref().err()).await? {
        true => Ok(()),
        false => result,
    }
}
// ANCHOR_END: by_hand

// ANCHOR: stack
async fn several(hosts: &[&str]) -> Result<()> {
    async_with(AsyncExitStack::new(), async |stack| {
        let mut connections = Vec::new();
        for host in hosts {
            connections.push(stack.enter_async_context(connection(host)).await?);
        }
        println!("use {}", connections.join(" and "));
        Ok(())
    })
    .await?;
    Ok(())
}
// ANCHOR_END: stack

async fn program() -> Result<()> {
    by_hand().await?;
    several(&["beta", "gamma"]).await
}

fn main() -> Result<()> {
    run(program())
}
