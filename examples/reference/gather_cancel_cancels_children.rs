//! Cancelling a gathering cancels its members, except those that are done already.
//! The gathering ends when they have, and may then be asked how each of them fared.
//!
//! Run it: `cargo run --example gather_cancel_cancels_children`
//!
//! Shows: gather_cancel_cancels_children

use asyncio::{Result, create_task, gather, run, sleep};
use guide::repr::{Repr, raised};

// ANCHOR: program
async fn paint(room: &str, hours: u32) -> Result<()> {
    let painted = sleep(hours).await;
    if painted.is_err() {
        println!("{room}: washing the brush");
    }
    painted
}

async fn program() -> Result<()> {
    let rooms = [("hall", 1), ("attic", 3), ("cellar", 5)];
    let tasks =
        rooms.map(|(room, hours)| create_task(paint(room, hours)).named(room));
    let group = gather(&tasks);
    sleep(2).await?;
    println!("cancelled: {}", group.cancel().repr());
    if let Err(error) = group.await {
        println!("the group ends with {}", raised(&error));
    }
    for task in tasks {
        println!(
            "{}: done={} cancelled={}",
            task.get_name(),
            task.done().repr(),
            task.cancelled().repr()
        );
    }
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
