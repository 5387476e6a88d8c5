//! A question of the page 14-blocking: `Rc` is the cheap counted reference that
//! tasks share. What does the compiler say?

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, to_thread};

// ANCHOR: program
async fn program() -> Result<usize> {
    let words = Rc::new(RefCell::new(vec!["tea", "milk"]));
    let shared = words.clone();
    to_thread(move || shared.borrow().len()).await
}
// ANCHOR_END: program
