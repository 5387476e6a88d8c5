//! The caller decides that three calls are made, and in which order they begin.
//! When each one ends, and so in which order, depends on what it waits for.
//!
//! Run it: `cargo run --example asker_does_not_control_when`
//!
//! Shows: asker_does_not_control_when

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, create_task, run, sleep};

// ANCHOR: order
type Log = Rc<RefCell<Vec<&'static str>>>;

async fn fetch(
    page: &'static str,
    seconds: u32,
    began: Log,
    ended: Log,
) -> Result<()> {
    began.borrow_mut().push(page);
    sleep(seconds).await?;
    ended.borrow_mut().push(page);
    Ok(())
}

async fn program() -> Result<()> {
    let (began, ended) = (Log::default(), Log::default());
    let calls = [("news", 3), ("weather", 1), ("sport", 2)];
    let tasks = calls.map(|(page, seconds)| {
        create_task(fetch(page, seconds, began.clone(), ended.clone()))
    });
    println!("after the calls, begun: {:?}", began.borrow());
    for task in tasks {
        task.await?;
    }
    println!("begun: {:?}", began.borrow());
    println!("ended: {:?}", ended.borrow());
    Ok(())
}
// ANCHOR_END: order

fn main() -> Result<()> {
    run(program())
}
