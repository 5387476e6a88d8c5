//! A loop made by `new_event_loop` is neither running nor closed, and must be
//! closed by its maker. In Rust the end of its scope does that, if nobody has.
//!
//! Run it: `cargo run --example new_loop_must_be_closed`
//!
//! Shows: new_loop_must_be_closed

use asyncio::{EventLoop, Result, new_event_loop, sleep};
use guide::repr::Repr;

// ANCHOR: program
fn state(event_loop: &EventLoop) -> String {
    format!(
        "running: {}, closed: {}",
        event_loop.is_running().repr(),
        event_loop.is_closed().repr()
    )
}

fn main() -> Result<()> {
    let event_loop = new_event_loop();
    println!("new      {}", state(&event_loop));
    event_loop.run_until_complete({
        let event_loop = event_loop.clone();
        async move {
            println!("inside   {}", state(&event_loop));
            sleep(0).await
        }
    })?;
    println!("after    {}", state(&event_loop));
    event_loop.close()?;
    println!("closed   {}", state(&event_loop));

    let handle = {
        let forgotten = new_event_loop();
        forgotten.clone()
    };
    println!("dropped  {}", state(&handle));
    Ok(())
}
// ANCHOR_END: program
