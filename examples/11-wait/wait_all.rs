//! `done, pending = await asyncio.wait(tasks)`: two groups of the same tasks, those
//! that are done and those that are not. By default the second one is empty.
//! Nothing waits before the `await`.
//!
//! Run it: `cargo run --example wait_all`
//!
//! Shows: wait_all, wait_is_a_coroutine, wait_all_completed

use asyncio::{
    Result, ReturnWhen::AllCompleted, Task, create_task, run, sleep, wait,
};

// ANCHOR: tasks
async fn wash(garment: &str, hours: u32) -> Result<&str> {
    sleep(hours).await?;
    println!("{garment}: clean");
    Ok(garment)
}

fn laundry() -> [Task<&'static str>; 3] {
    [
        create_task(wash("coat", 3)),
        create_task(wash("scarf", 1)),
        create_task(wash("shirt", 2)),
    ]
}
// ANCHOR_END: tasks

// ANCHOR: wait
async fn program() -> Result<()> {
    let tasks = laundry();
    let (done, pending) = wait(&tasks).await?;
    println!("done: {}, pending: {}", done.len(), pending.len());
    for task in done {
        println!("to the wardrobe: {}", task.result()?);
    }

    // What is awaited later is made first. Saying `AllCompleted` changes nothing,
    // it is the default.
    let tasks = laundry();
    let waiting = wait(&tasks).return_when(AllCompleted);
    println!("nobody waits yet, and nothing is washed");
    let (done, pending) = waiting.await?;
    println!("done: {}, pending: {}", done.len(), pending.len());
    Ok(())
}
// ANCHOR_END: wait

fn main() -> Result<()> {
    run(program())
}
