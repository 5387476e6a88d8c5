//! One thread is no lock. Two tasks that both check an account before they take
//! from it overdraw it, since each waits between the two; and two tasks that wait
//! for each other wait for ever.
//!
//! Run it: `cargo run --example asyncio_still_needs_locks`
//!
//! Shows: asyncio_still_needs_locks

use std::cell::Cell;

use asyncio::{Future, Result, gather, get_running_loop, run, sleep, timeout};

thread_local! {
    static BALANCE: Cell<i32> = const { Cell::new(100) };
}

// ANCHOR: race
async fn withdraw(amount: i32) -> Result<bool> {
    if BALANCE.get() < amount {
        return Ok(false);
    }
    // The bank asks somewhere whether this is in order. Meanwhile the balance is
    // anybody's.
    sleep(1).await?;
    BALANCE.set(BALANCE.get() - amount);
    Ok(true)
}

async fn race() -> Result<()> {
    let paid = gather([withdraw(80), withdraw(80)]).await?;
    println!("paid out: {paid:?}, balance: {}", BALANCE.get());
    Ok(())
}
// ANCHOR_END: race

// ANCHOR: deadlock
async fn after_you(other: Future<()>, me: Future<()>) -> Result<()> {
    (&other).await?;
    me.set_result(())
}

async fn deadlock() -> Result<()> {
    let event_loop = get_running_loop()?;
    let (left, right) = (event_loop.create_future(), event_loop.create_future());
    let both =
        gather([after_you(left.clone(), right.clone()), after_you(right, left)]);
    if let Err(error) = timeout(10).run(async |_| both.await).await {
        println!("through the door: {error:?}");
    }
    Ok(())
}
// ANCHOR_END: deadlock

async fn program() -> Result<()> {
    race().await?;
    deadlock().await
}

fn main() -> Result<()> {
    run(program())
}
