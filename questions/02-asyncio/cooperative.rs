//! A question of the page 02-asyncio: A coroutine may be suspended only where it
//! awaits. What does this program print?

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, gather};

// ANCHOR: program
async fn count(total: Rc<Cell<u32>>) -> Result<()> {
    for _ in 0..1000 {
        let seen = total.get();
        total.set(seen + 1);
    }
    Ok(())
}

async fn program() -> Result<()> {
    let total = Rc::new(Cell::new(0));
    gather([count(total.clone()), count(total.clone())]).await?;
    println!("{}", total.get());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
