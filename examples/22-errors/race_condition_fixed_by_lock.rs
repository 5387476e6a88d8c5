//! One hundred tasks count to one hundred although each gives way between reading
//! and writing: a lock keeps the others out meanwhile. The guard releases it when
//! it goes out of scope, also after an error or a cancellation.
//!
//! Run it: `cargo run --example race_condition_fixed_by_lock`
//!
//! Shows: race_condition_fixed_by_lock

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Lock, Result, gather, run, sleep};

// ANCHOR: count
async fn count(counter: Rc<Cell<u32>>, lock: Lock) -> Result<()> {
    let _guard = lock.lock().await?;
    let seen = counter.get();
    sleep(0).await?;
    counter.set(seen + 1);
    Ok(())
}
// ANCHOR_END: count

async fn program() -> Result<()> {
    let (counter, lock) = (Rc::new(Cell::new(0)), Lock::new());
    gather((0..100).map(|_| count(counter.clone(), lock.clone()))).await?;
    println!("with a lock: {}", counter.get());
    if let Err(error) = lock.release() {
        println!("RuntimeError: {error}");
    }
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
