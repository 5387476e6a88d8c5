//! A question of the page locks: At most one task at a time should be in the room.
//! What does this program print?

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, Semaphore, gather, sleep};

// ANCHOR: program
async fn visit(room: Rc<Cell<u32>>, permits: Semaphore) -> Result<()> {
    let _ = permits.permit().await?;
    room.set(room.get() + 1);
    println!("{} in the room", room.get());
    sleep(1).await?;
    room.set(room.get() - 1);
    Ok(())
}

async fn program() -> Result<()> {
    let (room, permits) = (Rc::new(Cell::new(0)), Semaphore::new(1)?);
    gather([1, 2].map(|_| visit(room.clone(), permits.clone()))).await?;
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
