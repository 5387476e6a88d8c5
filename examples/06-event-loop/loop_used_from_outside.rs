//! A plain program that keeps a loop and runs it now and then: it submits
//! tasks and gets their results, watches them, and forgets one that it has
//! started.
//!
//! Run it: `cargo run --example loop_used_from_outside`
//!
//! Shows: loop_used_from_outside

use asyncio::{EventLoop, Result, new_event_loop, sleep};

async fn convert(page: u32) -> Result<String> {
    sleep(page).await?;
    println!("  converted page {page}");
    Ok(format!("page-{page}.png"))
}

// ANCHOR: main
/// Asks the loop, which does not run while this is called.
fn watch(event_loop: &EventLoop) {
    let names: Vec<_> =
        event_loop.all_tasks().iter().map(|task| task.get_name()).collect();
    println!("  open: {}", names.join(", "));
}

fn main() -> Result<()> {
    let event_loop = new_event_loop();

    println!("submit");
    let first = event_loop.create_task(convert(1))?.named("first page");
    let _second = event_loop.create_task(convert(2))?.named("second page");
    let third = event_loop.create_task(convert(3))?.named("third page");
    watch(&event_loop);

    println!("get a result");
    println!("  {}", event_loop.run_until_complete(first)?);

    println!("go on for 1.5 seconds");
    event_loop.run_until_complete(sleep(1.5))?;
    watch(&event_loop);

    println!("get the last one");
    println!("  {}", event_loop.run_until_complete(third)?);
    event_loop.close()?;
    Ok(())
}
// ANCHOR_END: main
