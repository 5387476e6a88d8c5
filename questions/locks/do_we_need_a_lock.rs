//! A question of the page locks: Which of these two counts right without a lock?

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn one(counter: Rc<Cell<u32>>) -> Result<()> {
    sleep(0).await?;
    counter.set(counter.get() + 1);
    Ok(())
}

async fn two(counter: Rc<Cell<u32>>) -> Result<()> {
    let seen = counter.get();
    sleep(0).await?;
    counter.set(seen + 1);
    Ok(())
}
// ANCHOR_END: program

async fn program() -> Result<()> {
    let counter = Rc::new(Cell::new(0));
    gather((0..100).map(|_| one(counter.clone()))).await?;
    print!("one: {}, ", counter.replace(0));
    gather((0..100).map(|_| two(counter.clone()))).await?;
    println!("two: {}", counter.get());
    Ok(())
}

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
