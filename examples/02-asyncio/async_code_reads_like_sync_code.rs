//! One transfer, written twice: with callbacks, where each step hands the rest of
//! the work to the next, and as a coroutine, which reads in the order in which it
//! happens.
//!
//! Run it: `cargo run --example async_code_reads_like_sync_code`
//!
//! Shows: async_code_reads_like_sync_code

use asyncio::{
    EventLoop, Future, Result, ValueError, get_running_loop, run, sleep,
};

// ANCHOR: callbacks
/// Asks a balance; `then` gets it after a second.
fn balance_then(
    event_loop: &EventLoop,
    then: impl FnOnce(u32) + 'static,
) -> Result<()> {
    event_loop.call_later(1, move || then(100))?;
    Ok(())
}

/// Pays; `then` is called after a second.
fn pay_then(event_loop: &EventLoop, then: impl FnOnce() + 'static) -> Result<()> {
    event_loop.call_later(1, then)?;
    Ok(())
}

fn transfer_then(
    event_loop: &EventLoop,
    amount: u32,
    done: Future<u32>,
) -> Result<()> {
    let inner_loop = event_loop.clone();
    balance_then(event_loop, move |balance| {
        if balance < amount {
            let _ = done.set_exception(ValueError::new("not enough"));
            return;
        }
        let paid = done.clone();
        let payment = pay_then(&inner_loop, move || {
            let _ = paid.set_result(balance - amount);
        });
        // An error of this step has to be passed on by hand as well.
        if let Err(error) = payment {
            let _ = done.set_exception(error);
        }
    })
}
// ANCHOR_END: callbacks

// ANCHOR: coroutine
async fn balance() -> Result<u32> {
    sleep(1).await?;
    Ok(100)
}

async fn pay() -> Result<()> {
    sleep(1).await
}

async fn transfer(amount: u32) -> Result<u32> {
    let balance = balance().await?;
    if balance < amount {
        return Err(ValueError::new("not enough").into());
    }
    pay().await?;
    Ok(balance - amount)
}
// ANCHOR_END: coroutine

async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    for amount in [30, 300] {
        let left = event_loop.create_future();
        transfer_then(&event_loop, amount, left.clone())?;
        match left.await {
            Ok(left) => println!("callbacks: {left} left"),
            Err(error) => println!("callbacks: {error}"),
        }
        match transfer(amount).await {
            Ok(left) => println!("coroutine: {left} left"),
            Err(error) => println!("coroutine: {error}"),
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
