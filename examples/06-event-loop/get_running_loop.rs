//! The running loop is available in a coroutine and in a callback, and nowhere
//! else: `asyncio.get_running_loop()`.
//!
//! Run it: `cargo run --example get_running_loop`
//!
//! Shows: get_running_loop, get_running_loop_outside_raises

use asyncio::{Result, get_running_loop, run, sleep};
use guide::repr::raised;

// ANCHOR: main
/// A plain function: whether a loop runs depends on who calls it.
fn ask(who: &str) {
    match get_running_loop() {
        Ok(event_loop) => println!("{who}: {event_loop}"),
        Err(error) => println!("{who}: {}", raised(&error)),
    }
}

async fn program() -> Result<()> {
    ask("coroutine");
    get_running_loop()?.call_soon(|| ask("callback"))?;
    sleep(0).await
}

fn main() -> Result<()> {
    ask("before run");
    run(program())?;
    ask("after run");
    Ok(())
}
// ANCHOR_END: main
