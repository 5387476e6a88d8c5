//! One step of an asynchronous iterator is an awaitable, made by `anext` and run by
//! `await`. At the end the method gives `None`; the function raises
//! `StopAsyncIteration`, as Python's does, or gives a default.
//!
//! Run it: `cargo run --example anext_awaitable`
//!
//! Shows: anext_awaitable, anext_one_line, async_iterator_protocol

use asyncio::{AsyncIterator, Result, aiter, anext, anext_or, run, sleep};

/// The trains that leave from a platform, announced one by one.
struct Trains {
    left: Vec<&'static str>,
}

// ANCHOR: protocol
impl AsyncIterator for Trains {
    type Item = &'static str;

    async fn anext(&mut self) -> Result<Option<&'static str>> {
        println!("    waiting for a train");
        sleep(0.5).await?;
        Ok(self.left.pop())
    }
}
// ANCHOR_END: protocol

// ANCHOR: step
async fn program() -> Result<()> {
    let mut trains = aiter(Trains { left: vec!["Lyon", "Basel", "Turin"] });

    let awaitable = anext(&mut trains);
    println!("nothing happened yet");
    println!("{}", awaitable.await?);

    // In one expression, by the function and by the method.
    println!("{}", anext(&mut trains).await?);
    println!("{:?}", trains.anext().await?);

    println!("{:?}", trains.anext().await?);
    println!("{}", anext_or(&mut trains, "no train").await?);
    if let Err(error) = anext(&mut trains).await {
        println!("{error:?}");
    }
    Ok(())
}
// ANCHOR_END: step

fn main() -> Result<()> {
    run(program())
}
