//! A coroutine object has the methods `send`, which runs it to its next stop, and
//! `close`, which drops it where it is suspended. What `StopIteration` carries in
//! Python, the value it returned, is here the step `Returned`.
//!
//! Run it: `cargo run --example coroutine_object_has_send_and_close`
//!
//! Shows: coroutine_object_has_send_and_close

use std::pin::pin;

use asyncio::{Result, coroutine};

// ANCHOR: methods
async fn one() -> Result<i32> {
    Ok(1)
}

fn main() -> Result<()> {
    let mut coro = pin!(coroutine(one()));
    println!("{:?}", coro.as_mut().send()?);
    if let Err(error) = coro.send() {
        println!("sent to after its end: {error:?}");
    }

    let mut coro = pin!(coroutine(one()));
    coro.as_mut().close();
    if let Err(error) = coro.send() {
        println!("sent to after close: {error:?}");
    }

    // Nobody awaits this one either. But it was closed, so it goes without a
    // warning.
    pin!(coroutine(one())).close();
    Ok(())
}
// ANCHOR_END: methods
