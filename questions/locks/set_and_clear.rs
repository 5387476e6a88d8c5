//! A question of the page locks: The event is set and cleared within one step. Does
//! the waiting task run?

use asyncio::{Event, Result, create_task, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let go = Event::new();
    let runner = create_task({
        let go = go.clone();
        async move {
            go.wait().await?;
            println!("runs, is set: {}", go.is_set());
            Ok(())
        }
    });
    sleep(1).await?;
    go.set();
    go.clear();
    sleep(1).await?;
    println!("done: {}", runner.done());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
