//! A question of the page concurrency: Two tasks are in the middle of their work at
//! the same time. Do they ever run at the same instant?

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, gather, sleep};

// ANCHOR: program
async fn work(running: Rc<Cell<u32>>, most: Rc<Cell<u32>>) -> Result<()> {
    for _ in 0..5 {
        running.set(running.get() + 1);
        most.set(most.get().max(running.get()));
        running.set(running.get() - 1);
        sleep(0).await?;
    }
    Ok(())
}

async fn program() -> Result<()> {
    let (running, most) = (Rc::default(), Rc::new(Cell::new(0)));
    let work = || work(Rc::clone(&running), most.clone());
    gather([work(), work()]).await?;
    println!("at most {} at once", most.get());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
