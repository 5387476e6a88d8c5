//! A question of the page 10-gather: What does this program print?

use asyncio::{Result, create_task, gather, sleep};

// ANCHOR: program
async fn say(word: &'static str) -> Result<()> {
    println!("{word}");
    Ok(())
}

async fn program() -> Result<()> {
    let coroutine = say("a coroutine");
    let task = create_task(say("a task"));
    let both = gather([say("gathered"), say("gathered too")]);
    sleep(1).await?;
    println!("now the await");
    coroutine.await?;
    task.await?;
    both.await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
