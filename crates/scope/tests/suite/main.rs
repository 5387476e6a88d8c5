//! Scoped tasks are tasks of their own, and nothing of them outlives the scope.

#[macro_use]
extern crate asyncio_testing;

mod group;
mod lifetimes;
mod own;

use std::cell::RefCell;
use std::rc::Rc;

use asyncio_runtime::{Clock, Result, Runner, current_task};

fn run_virtual<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// The name of the task that asks.
fn me() -> String {
    current_task().ok().flatten().map_or_else(|| "nobody".to_owned(), |task| task.get_name().to_string())
}

type Log = Rc<RefCell<Vec<String>>>;

/// Notes who drops it.
struct Dropped<'a>(&'a str, &'a Log);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(format!("{} dropped by {}", self.0, me()));
    }
}
