//! What `run` does: it makes a loop, runs one coroutine to its end, returns its
//! value and closes the loop. It refuses to work inside a running loop. `Runner`
//! takes the options, such as debug mode.
//!
//! Run it: `cargo run --example run_signature`
//!
//! Shows: run_signature, run_refuses_running_loop, run_debug_mode

use asyncio::{EventLoop, Result, Runner, get_running_loop, run};
use guide::repr::raised;

// ANCHOR: run
async fn which_loop() -> Result<EventLoop> {
    let event_loop = get_running_loop()?;
    println!("inside: {event_loop}");
    Ok(event_loop)
}

fn main() -> Result<()> {
    let event_loop = run(which_loop())?;
    println!("after:  {event_loop}");
    // ANCHOR_END: run

    // ANCHOR: debug
    Runner::new().debug(true).run(which_loop())?;
    // ANCHOR_END: debug

    run(nested())
}

// ANCHOR: nested
async fn nested() -> Result<()> {
    if let Err(error) = run(which_loop()) {
        println!("{}", raised(&error));
    }
    // Simply await it instead.
    which_loop().await?;
    Ok(())
}
// ANCHOR_END: nested
