//! What `join` waits for: not that the queue is empty, but that each item was
//! marked done. Awaiting a gather waits for its members in the same way.
//!
//! Run it: `cargo run --example queue_join_waits_for_task_done`
//!
//! Shows: queue_join_waits_for_task_done, gather_like_queue_join

use asyncio::{Queue, Result, create_task, gather, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: kitchen
/// Cooks one order after another; its loop never ends by itself.
async fn cook(orders: Queue<&'static str>) -> Result<()> {
    loop {
        let dish = orders.get().await?;
        println!("{dish}: begun, {} more on the list", orders.qsize());
        sleep(1).await?;
        println!("{dish}: done");
        orders.task_done()?;
    }
}

async fn kitchen() -> Result<()> {
    let orders = Queue::new(0);
    let cook = create_task(cook(orders.clone()));
    for dish in ["soup", "fish", "cake"] {
        orders.put(dish).await?;
    }
    let opened = get_running_loop()?.time();
    orders.join().await?;
    println!("all cooked after {:.0} seconds", get_running_loop()?.time() - opened);
    println!("the cook waits for more: {}", (!cook.done()).repr());
    cook.cancel();
    Ok(())
}
// ANCHOR_END: kitchen

// ANCHOR: gather
/// With one task per dish, `gather` waits for all of them.
async fn many_cooks() -> Result<()> {
    let opened = get_running_loop()?.time();
    gather(["soup", "fish", "cake"].map(|_| async { sleep(1).await })).await?;
    println!("three cooks need {:.0} second", get_running_loop()?.time() - opened);
    Ok(())
}
// ANCHOR_END: gather

async fn program() -> Result<()> {
    kitchen().await?;
    many_cooks().await?;
    // ANCHOR: misuse
    let nothing_put = Queue::<&str>::new(0);
    if let Err(error) = nothing_put.task_done() {
        println!("ValueError: {error}");
    }
    // ANCHOR_END: misuse
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
