//! The date, every second for five seconds by the clock of the loop.
//!
//! Run it: `cargo run --example display_date`
//!
//! Shows: display_date

use asyncio::{Result, get_running_loop, run, sleep};
use guide_extra::datetime;

// ANCHOR: program
async fn display_date() -> Result<()> {
    let event_loop = get_running_loop()?;
    let end_time = event_loop.time() + 5.0;
    loop {
        println!("{}", datetime::now());
        if event_loop.time() + 1.0 >= end_time {
            return Ok(());
        }
        sleep(1).await?;
    }
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(display_date())
}
