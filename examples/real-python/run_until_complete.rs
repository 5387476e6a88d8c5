//! The long way round to what `run` does: make a loop, run it until the coroutine
//! is complete, close it in any case. On the way the loop is asked how it is.
//!
//! Run it: `cargo run --example run_until_complete`
//!
//! Shows: run_until_complete, loop_introspection

use asyncio::{EventLoop, Result, get_running_loop, new_event_loop, sleep};
use guide::repr::{Repr, raised};

fn describe(moment: &str, event_loop: &EventLoop) {
    println!(
        "{moment}: is_running {}, is_closed {}",
        event_loop.is_running().repr(),
        event_loop.is_closed().repr()
    );
}

// ANCHOR: program
async fn program() -> Result<()> {
    describe("within", &get_running_loop()?);
    sleep(1).await
}

fn main() -> Result<()> {
    let event_loop = new_event_loop();
    describe("before", &event_loop);
    let outcome = event_loop.run_until_complete(program());
    describe("between", &event_loop);
    event_loop.close()?;
    describe("after", &event_loop);
    outcome?;

    println!("{event_loop:?}");
    if let Err(error) = event_loop.run_until_complete(program()) {
        println!("{}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: program
