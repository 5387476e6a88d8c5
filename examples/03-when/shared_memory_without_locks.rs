//! Tasks of one thread share a counter without a lock. Nothing is lost as long as
//! no `await` lies between reading and writing; with one in between, most of it is.
//!
//! Run it: `cargo run --example shared_memory_without_locks`
//!
//! Shows: shared_memory_without_locks

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn count(visits: Rc<Cell<u32>>) -> Result<()> {
    visits.set(visits.get() + 1);
    sleep(0).await
}

async fn count_with_a_gap(visits: Rc<Cell<u32>>) -> Result<()> {
    let before = visits.get();
    sleep(0).await?;
    visits.set(before + 1);
    Ok(())
}

async fn program() -> Result<()> {
    let visits = Rc::new(Cell::new(0));
    gather((0..1000).map(|_| count(visits.clone()))).await?;
    println!("no await between reading and writing: {}", visits.get());

    let visits = Rc::new(Cell::new(0));
    gather((0..1000).map(|_| count_with_a_gap(visits.clone()))).await?;
    println!("an await between reading and writing: {}", visits.get());
    Ok(())
}
// ANCHOR_END: program

fn main() -> Result<()> {
    run(program())
}
