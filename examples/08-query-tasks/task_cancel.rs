//! `cancel()` makes a request and says whether it could be made. The task learns of
//! it later, so directly afterwards nothing has changed; a task that is done cannot
//! be asked any more.
//!
//! Run it: `cargo run --example task_cancel`
//!
//! Shows: task_cancel, task_cancelled, cancel_done_task_returns_false,
//! unhandled_cancel_marks_cancelled

use asyncio::{Result, Task, create_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: download
async fn download(seconds: u32) -> Result<()> {
    sleep(seconds).await?;
    println!("  downloaded");
    Ok(())
}
// ANCHOR_END: download

fn show(when: &str, task: &Task<()>) {
    println!(
        "  {when}: done {}, cancelled {}",
        task.done().repr(),
        task.cancelled().repr()
    );
}

async fn program() -> Result<()> {
    // ANCHOR: waiting
    println!("a task that waits");
    let task = create_task(download(10));
    sleep(1).await?;
    println!("  cancel: {}", task.cancel().repr());
    println!("  and again: {}", task.cancel().repr());
    show("at once", &task);
    let result = (&task).await;
    println!("  awaited: {}", result.repr());
    show("later", &task);
    // ANCHOR_END: waiting

    // ANCHOR: done
    println!("a task that is done");
    let task = create_task(download(1));
    (&task).await?;
    println!("  cancel: {}", task.cancel().repr());
    show("later", &task);
    // ANCHOR_END: done
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
