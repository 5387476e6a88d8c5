//! A question of the page 06-event-loop: In which order do these run?

use asyncio::{Result, create_task, get_running_loop, sleep};

// ANCHOR: program
async fn program() -> Result<()> {
    let event_loop = get_running_loop()?;
    event_loop.call_soon(|| println!("callback"))?;
    create_task(async {
        println!("task");
        Ok(())
    });
    println!("main");
    sleep(0).await?;
    println!("main again");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
