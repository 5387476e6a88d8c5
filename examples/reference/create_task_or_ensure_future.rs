//! `create_task` makes a task of a coroutine in the running loop. The older
//! `ensure_future` does so too, but its name does not say it, and a task or future
//! that it is given comes back as it is.
//!
//! Run it: `cargo run --example create_task_or_ensure_future`
//!
//! Shows: create_task_signature, create_task_or_ensure_future

use asyncio::{Result, create_task, ensure_future, get_running_loop, run};
use guide::repr::Repr;

async fn parcel(contents: &str) -> Result<&str> {
    println!("packing a {contents}");
    Ok(contents)
}

async fn program() -> Result<()> {
    // ANCHOR: create
    let task = create_task(parcel("book")).named("first parcel");
    println!("{}: done={}", task.get_name(), task.done().repr());
    println!(
        "in the running loop: {}",
        (task.get_loop() == get_running_loop()?).repr()
    );
    // ANCHOR_END: create

    // ANCHOR: ensure
    let older = ensure_future(parcel("lamp"));
    let same = ensure_future(older.clone());
    println!("the same task: {}", (same == older).repr());
    // ANCHOR_END: ensure

    println!("a {} and a {}", task.await?, older.await?);
    Ok(())
}

fn main() -> Result<()> {
    run(program())
}
