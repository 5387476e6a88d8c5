//! The loop is an object: it has methods, a state that they change, and parts that
//! can be exchanged. Here the order in which it runs what is ready.
//!
//! Run it: `cargo run --example event_loop_is_an_object`
//!
//! Shows: event_loop_is_an_object

use asyncio::{Choices, EventLoop, Result, SchedulingPolicy, new_event_loop};
use guide::repr::raised;

// ANCHOR: state
fn open_and_close() -> Result<()> {
    let event_loop = new_event_loop();
    event_loop.set_debug(true);
    println!("{event_loop}");
    let inside = event_loop.clone();
    event_loop.run_until_complete(async move {
        println!("{inside}");
        Ok(())
    })?;
    event_loop.close()?;
    println!("{event_loop}");
    if let Err(error) = event_loop.call_soon(|| ()) {
        println!("{}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: state

// ANCHOR: policy
/// Runs the one that became ready last.
struct LastInFirstOut;

impl SchedulingPolicy for LastInFirstOut {
    fn next(&mut self, ready: &Choices<'_>) -> usize {
        ready.len() - 1
    }
}

fn serve(event_loop: &EventLoop) -> Result<()> {
    for customer in ["Ada", "Bo", "Cy"] {
        event_loop.call_soon(move || println!("  {customer}"))?;
    }
    event_loop.stop();
    event_loop.run_forever()
}

fn main() -> Result<()> {
    open_and_close()?;
    let event_loop = new_event_loop();
    println!("first in, first out");
    serve(&event_loop)?;
    event_loop.set_scheduling_policy(Some(Box::new(LastInFirstOut)));
    println!("last in, first out");
    serve(&event_loop)
}
// ANCHOR_END: policy
