//! A question of the page 23-questions: A `for` loop creates a thousand tasks and
//! never awaits. What does the last line print?

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task};

// ANCHOR: program
async fn program() -> Result<()> {
    let begun = Rc::new(Cell::new(0));
    for _ in 0..1000 {
        let begun = begun.clone();
        create_task(async move {
            begun.set(begun.get() + 1);
            Ok(())
        });
    }
    println!("{} have begun", begun.get());
    Ok(())
}
// ANCHOR_END: program

pub(crate) fn main() -> asyncio::Result<()> {
    asyncio::run(program())
}
