//! A loop runs in a thread of its own, and the main thread hands it a coroutine to
//! run. The loop must be named: the thread that asks has none. What comes back is a
//! future for threads, whose `result` blocks, for so many seconds at most.
//!
//! Run it: `cargo run --example run_coroutine_threadsafe`
//!
//! Shows: run_coroutine_threadsafe, threadsafe_needs_an_explicit_loop

use std::sync::mpsc;
use std::thread;

use asyncio::{
    Result, get_running_loop, new_event_loop, run_coroutine_threadsafe,
    sleep_result,
};
use guide::repr::raised;

// ANCHOR: thread
fn main() -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        let event_loop = new_event_loop();
        // A loop stays in its thread; a handle to it may leave.
        sender.send(event_loop.handle()).expect("the main thread waits for it");
        event_loop.run_forever()
    });
    let event_loop = receiver.recv()?;
    // ANCHOR_END: thread

    // ANCHOR: submit
    if let Err(error) = get_running_loop() {
        println!("here: {}", raised(&error));
    }
    let future = run_coroutine_threadsafe(|| sleep_result(1, 3), &event_loop)?;
    println!("from there: {}", future.result(10)?);
    // ANCHOR_END: submit

    // ANCHOR: stop
    event_loop.call_soon_threadsafe(|| {
        get_running_loop().expect("called by the loop").stop()
    })?;
    thread.join().expect("the loop does not panic")
    // ANCHOR_END: stop
}
