//! A question of the page 06-event-loop: What does this program print?

use asyncio::{Result, get_running_loop, sleep, time};

// ANCHOR: program
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    let start = event_loop.time();
    let clock = event_loop.clone();
    event_loop.call_later(1, move || {
        println!("after {:.0} s", clock.time() - start);
    })?;
    time::sleep(3); // blocks the thread
    sleep(1).await
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
