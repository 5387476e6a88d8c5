//! A loop can be asked from outside which tasks it has, even while it is not
//! running. The functions without an argument ask the running loop, and fail where
//! none runs.
//!
//! Run it: `cargo run --example introspection_of_another_loop`
//!
//! Shows: introspection_of_another_loop

use asyncio::{Result, all_tasks, new_event_loop, sleep};
use guide::repr::raised;

// ANCHOR: program
fn main() -> Result<()> {
    let (kitchen, bar) = (new_event_loop(), new_event_loop());
    for name in ["soup", "salad"] {
        let _ = kitchen.create_task(sleep(1))?.named(name);
    }
    let _ = bar.create_task(sleep(1))?.named("tea");

    if let Err(error) = all_tasks() {
        println!("the running loop: {}", raised(&error));
    }
    for (place, event_loop) in [("kitchen", &kitchen), ("bar", &bar)] {
        let tasks = event_loop.all_tasks();
        let mut names: Vec<_> =
            tasks.iter().map(|task| task.get_name().to_string()).collect();
        names.sort();
        println!("{place}: {}", names.join(", "));
    }
    for event_loop in [kitchen, bar] {
        event_loop.run_until_complete(sleep(2))?;
        println!("tasks left: {}", event_loop.all_tasks().len());
        event_loop.close()?;
    }
    Ok(())
}
// ANCHOR_END: program
