//! A question of the page 04-coroutines: What does this program print?

use asyncio::{Result, sleep};

// ANCHOR: program
struct Bell;

impl Drop for Bell {
    fn drop(&mut self) {
        println!("ding");
    }
}

async fn ring() -> Result<()> {
    let _bell = Bell;
    println!("begin");
    sleep(1).await
}

async fn program() -> Result<()> {
    drop(ring());
    println!("end");
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
