//! A question of the page rust-you-need: What does this program print?
#![expect(
    clippy::await_holding_refcell_ref,
    reason = "it is the mistake that is shown"
)]

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, create_task, sleep, wait};

// ANCHOR: program
async fn add(list: Rc<RefCell<Vec<u32>>>, item: u32) -> Result<()> {
    let mut list = list.borrow_mut();
    sleep(1).await?;
    list.push(item);
    Ok(())
}

async fn program() -> Result<()> {
    let list = Rc::new(RefCell::new(Vec::new()));
    let tasks = [1, 2].map(|item| create_task(add(list.clone(), item)));
    wait(&tasks).await?;
    for task in &tasks {
        println!("failed: {}", task.exception()?.is_some());
    }
    println!("{:?}", list.borrow());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
