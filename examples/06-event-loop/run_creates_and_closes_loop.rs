//! `run` makes a new loop each time and closes it at the end. It starts a program;
//! inside one it is an error.
//!
//! Run it: `cargo run --example run_creates_and_closes_loop`
//!
//! Shows: run_creates_and_closes_loop

use asyncio::{EventLoop, Result, get_running_loop, run};
use guide::repr::{Repr, raised};

// ANCHOR: which_loop
async fn which_loop() -> Result<EventLoop> {
    let event_loop = get_running_loop()?;
    println!("inside: {event_loop}");
    Ok(event_loop)
}

fn main() -> Result<()> {
    let first = run(which_loop())?;
    println!("after:  {first}");
    let second = run(which_loop())?;
    println!("the same loop: {}", (first == second).repr());
    // ANCHOR_END: which_loop

    // ANCHOR: nested
    run(async {
        if let Err(error) = run(which_loop()) {
            println!("{}", raised(&error));
        }
        Ok(())
    })
    // ANCHOR_END: nested
}
