//! A question of the page 14-blocking: The wait for a thread is cancelled. Does the
//! function stop?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use asyncio::{Result, sleep, time, to_thread, wait_for};

// ANCHOR: program
async fn program() -> Result<()> {
    let finished = Arc::new(AtomicBool::new(false));
    let flag = finished.clone();
    let job = to_thread(move || {
        time::sleep(5);
        flag.store(true, SeqCst);
    });
    println!("in time: {}", wait_for(job, 1).await.is_ok());
    sleep(10).await?;
    println!("finished: {}", finished.load(SeqCst));
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
