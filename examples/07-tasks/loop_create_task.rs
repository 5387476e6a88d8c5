//! The loop has a `create_task` of its own. The function of that name is this
//! method on the loop that runs.
//!
//! Run it: `cargo run --example loop_create_task`
//!
//! Shows: loop_create_task

use asyncio::{Result, create_task, get_running_loop, run, sleep};
use guide::repr::{Repr, raised};

async fn print_label(parcel: u32) -> Result<u32> {
    sleep(0.1).await?;
    Ok(parcel)
}

// ANCHOR: main
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    let by_method = event_loop.create_task(print_label(1))?;
    let by_function = create_task(print_label(2));
    println!(
        "one loop: {}",
        (by_method.get_loop() == by_function.get_loop()).repr()
    );
    println!("labels {} and {}", by_method.await?, by_function.await?);
    Ok(())
}

fn main() -> Result<()> {
    run(program())?;
    // The method can fail, because a loop may be closed; the function cannot, in a
    // coroutine.
    let closed = asyncio::new_event_loop();
    closed.close()?;
    if let Err(error) = closed.create_task(print_label(3)) {
        println!("{}", raised(&error));
    }
    Ok(())
}
// ANCHOR_END: main
