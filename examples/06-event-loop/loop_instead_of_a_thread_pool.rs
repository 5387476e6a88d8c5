//! A program that is not asynchronous keeps a loop in a thread of its own and hands
//! coroutines to it, as it would hand functions to a pool.
//!
//! Run it: `cargo run --example loop_instead_of_a_thread_pool`
//!
//! Shows: loop_instead_of_a_thread_pool

use std::sync::mpsc;
use std::thread;

use asyncio::{
    LoopHandle, Result, get_running_loop, new_event_loop, run_coroutine_threadsafe,
    sleep,
};

// ANCHOR: service
/// Starts a loop in a new thread, and gives the handle through which others reach
/// it.
fn start() -> Result<(LoopHandle, thread::JoinHandle<Result<()>>)> {
    let (tell, told) = mpsc::channel();
    let service = thread::spawn(move || {
        let event_loop = new_event_loop();
        tell.send(event_loop.handle())?;
        event_loop.run_forever()?;
        event_loop.close()?;
        Ok(())
    });
    Ok((told.recv()?, service))
}
// ANCHOR_END: service

// ANCHOR: main
async fn fetch(page: u32) -> Result<String> {
    sleep(0.1).await?;
    Ok(format!("page {page}"))
}

fn main() -> Result<()> {
    let (event_loop, service) = start()?;
    let submit = |page| run_coroutine_threadsafe(move || fetch(page), &event_loop);
    let pages = [submit(1)?, submit(2)?, submit(3)?];
    println!("three pages are on their way");
    for page in pages {
        println!("{}", page.result(10)?);
    }
    event_loop.call_soon_threadsafe(|| {
        if let Ok(event_loop) = get_running_loop() {
            event_loop.stop();
        }
    })?;
    service.join().expect("the loop's thread does not panic")?;
    println!("the loop has ended");
    Ok(())
}
// ANCHOR_END: main
