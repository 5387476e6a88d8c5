//! Two painters share a brush and a ladder. One takes the brush first, the other
//! the ladder, and each waits for what the other holds; the loop's report names who
//! has acquired which lock. Taken in one and the same order by all, locks cannot do
//! that.
//!
//! Run it: `cargo run --example deadlock_of_locks`
//!
//! Shows: deadlock

use asyncio::{Clock, Lock, Result, Runner, create_task, gather, run, sleep};

// ANCHOR: paint
async fn paint(name: &str, first: Lock, second: Lock) -> Result<()> {
    let _first = first.lock().await?;
    sleep(1).await?;
    let _second = second.lock().await?;
    println!("{name} paints");
    Ok(())
}

async fn house(same_order: bool) -> Result<()> {
    let (brush, ladder) = (Lock::new(), Lock::new());
    let anna =
        create_task(paint("Anna", brush.clone(), ladder.clone())).named("Anna");
    let berta = match same_order {
        true => paint("Berta", brush, ladder),
        false => paint("Berta", ladder, brush),
    };
    let berta = create_task(berta).named("Berta");
    gather([anna, berta]).await?;
    Ok(())
}
// ANCHOR_END: paint

fn main() -> Result<()> {
    run(house(true))?;
    if let Err(error) = Runner::new().clock(Clock::Virtual).run(house(false)) {
        println!("{error}");
    }
    Ok(())
}
