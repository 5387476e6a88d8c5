//! Whether a value can be awaited depends on its type. In Python the type has
//! `__await__`; in Rust it implements `IntoFuture`, which every future does by
//! itself and any other type can.
//!
//! Run it: `cargo run --example coroutine_is_awaitable`
//!
//! Shows: coroutine_is_awaitable

use std::pin::Pin;

use asyncio::{Result, coroutine, create_task, run, sleep};

async fn reply() -> Result<&'static str> {
    sleep(1).await?;
    Ok("yes")
}

// ANCHOR: protocol
/// Something of our own that can be awaited.
struct Bell {
    strokes: u32,
}

impl IntoFuture for Bell {
    type Output = Result<u32>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    /// `__await__`
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            for _ in 0..self.strokes {
                println!("dong");
                sleep(1).await?;
            }
            Ok(self.strokes)
        })
    }
}
// ANCHOR_END: protocol

// ANCHOR: awaitables
/// Takes whatever can be awaited, and nothing else.
async fn answer_of<T>(awaitable: impl IntoFuture<Output = Result<T>>) -> Result<T> {
    awaitable.await
}

async fn program() -> Result<()> {
    println!("a call: {}", answer_of(reply()).await?);
    println!("a coroutine object: {}", answer_of(coroutine(reply())).await?);
    println!("a task: {}", answer_of(create_task(reply())).await?);
    println!("a bell: {}", answer_of(Bell { strokes: 3 }).await?);
    Ok(())
}
// ANCHOR_END: awaitables

fn main() -> Result<()> {
    run(program())
}
