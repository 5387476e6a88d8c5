//! One call does it all: `run` makes a loop, runs the coroutine in it to its end
//! and closes it. The main coroutine gives the loop away as its result, so that we
//! can ask it afterwards.
//!
//! Run it: `cargo run --example run_main`
//!
//! Shows: run_main

use asyncio::{EventLoop, Result, get_running_loop, run, sleep};
use guide::repr::Repr;

// ANCHOR: program
async fn program() -> Result<EventLoop> {
    sleep(1).await?;
    let event_loop = get_running_loop()?;
    println!(
        "in main: running {}, closed {}",
        event_loop.is_running().repr(),
        event_loop.is_closed().repr()
    );
    Ok(event_loop)
}

fn main() -> Result<()> {
    let event_loop = run(program())?;
    println!(
        "after run: running {}, closed {}",
        event_loop.is_running().repr(),
        event_loop.is_closed().repr()
    );
    Ok(())
}
// ANCHOR_END: program
