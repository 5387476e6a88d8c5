//! A question of the page locks: A task acquires a lock that it already has. What
//! happens?

use asyncio::{Lock, Result, TimeoutError, wait_for};

// ANCHOR: program
async fn program() -> Result<()> {
    let lock = Lock::new();
    let _outer = lock.lock().await?;
    match wait_for(lock.lock(), 1).await {
        Ok(_inner) => println!("it has the lock twice"),
        Err(error) if error.is::<TimeoutError>() => println!("it waits for itself"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
