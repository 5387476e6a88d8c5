//! `asyncio.shield(task)` is a future that can be awaited in place of the task.
//! Undisturbed it gives the task's result. Cancelled, it says so at once and to
//! everybody who awaits it, while the task never hears of it.
//!
//! Run it: `cargo run --example shield_absorbs_cancel`
//!
//! Shows: shield_await, shield_cancel_succeeds,
//! shield_awaiter_gets_cancelled_error, shield_absorbs_cancel

use asyncio::{Future, Result, create_task, run, shield, sleep};
use guide::repr::{Repr, raised};

// ANCHOR: pay
async fn pay(sum: i32) -> Result<i32> {
    println!("paying {sum}");
    sleep(2).await?;
    println!("paid {sum}");
    Ok(sum)
}

/// One of those who wait for the payment and cannot tell the shield from it.
async fn wait_at_the_counter(customer: &str, payment: Future<i32>) -> Result<()> {
    match (&payment).await {
        Ok(sum) => println!("{customer} sees {sum}"),
        Err(error) => println!("{customer} sees {}", raised(&error)),
    }
    Ok(())
}
// ANCHOR_END: pay

// ANCHOR: await
async fn undisturbed() -> Result<()> {
    let task = create_task(pay(10));
    let shielded = shield(&task);
    println!("through the shield: {}", shielded.await?);
    Ok(())
}
// ANCHOR_END: await

// ANCHOR: cancel
async fn cancelled() -> Result<()> {
    let task = create_task(pay(20));
    let shielded = shield(&task);
    create_task(wait_at_the_counter("Ada", shielded.clone()));
    create_task(wait_at_the_counter("Bela", shielded.clone()));
    sleep(1).await?;

    println!("cancel(): {}", shielded.cancel().repr());
    println!("{shielded:?}, and the task: done={}", task.done().repr());
    println!("from the task itself: {}", task.await?);
    Ok(())
}
// ANCHOR_END: cancel

async fn program() -> Result<()> {
    undisturbed().await?;
    cancelled().await
}

fn main() -> Result<()> {
    run(program())
}
