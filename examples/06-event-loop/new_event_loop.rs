//! A loop is made without being started, and prints what state it is in:
//! `asyncio.new_event_loop()`.
//!
//! Run it: `cargo run --example new_event_loop`
//!
//! Shows: new_event_loop_snippet, new_event_loop

use asyncio::new_event_loop;

// ANCHOR: main
fn main() {
    let event_loop = new_event_loop();
    println!("{event_loop}");
    // Python's program leaves the loop open; here it is closed when its owner goes
    // out of scope.
}
// ANCHOR_END: main
