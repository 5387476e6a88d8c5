//! A task is a future whose result comes from its coroutine: setting it from
//! outside is refused.
//!
//! Run it: `cargo run --example task_has_no_set_result`
//!
//! Shows: task_has_no_set_result

use asyncio::{Result, ValueError, create_task, run, sleep_result};
use guide::repr::raised;

// ANCHOR: program
async fn program() -> Result<()> {
    let task = create_task(sleep_result(1, "its own"));
    for refused in [
        task.set_result("another"),
        task.set_exception(ValueError::new("none of its own")),
    ] {
        if let Err(error) = refused {
            println!("{}", raised(&error));
        }
    }
    println!("{}", task.await?);
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
