//! A question of the page rust-you-need: Which of these can be the missing line?

use asyncio::{Result, create_task, sleep};

// ANCHOR: program
async fn program(names: Vec<String>) -> Result<()> {
    for name in names {
        // ANCHOR: a
        let task = create_task(async { greet(&name).await });
        // ANCHOR_END: a
        // ANCHOR: b
        let task = create_task(async move { greet(&name).await });
        // ANCHOR_END: b
        // ANCHOR: c
        let task = create_task(greet(&name));
        // ANCHOR_END: c
        task.await?;
    }
    Ok(())
}
// ANCHOR_END: program

async fn greet(name: &str) -> Result<()> {
    println!("hello, {name}");
    sleep(1).await
}
