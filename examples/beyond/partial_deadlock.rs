//! A partial deadlock: two transfers take the locks of two accounts, each in its
//! own order, and wait for each other. The rest of the bank goes on, so nothing
//! ends and nothing fails.
//!
//! Run it: `cargo run --example partial_deadlock`

use asyncio::{Clock, Lock, Result, Runner, create_task, sleep};

// ANCHOR: program
async fn transfer(from: Lock, to: Lock) -> Result<()> {
    let _from = from.lock().await?;
    sleep(1).await?;
    let _to = to.lock().await?;
    println!("transferred");
    Ok(())
}

async fn bank() -> Result<()> {
    let (savings, current) = (Lock::new(), Lock::new());
    let rent = transfer(savings.clone(), current.clone());
    let refund = transfer(current, savings);
    let _rent = create_task(rent).named("rent");
    let _refund = create_task(refund).named("refund");
    for _customer in 0..100 {
        sleep(1).await?;
    }
    println!("100 customers served");
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    Runner::new().clock(Clock::Virtual).run(bank())
}
