//! The cases of CPython's `test_locks.py`, each under the name of its origin, and what Rust adds: dropped waiters, guards.
//!
//! Left out are cases that the types rule out: awaiting a primitive itself, a parameter `loop`, primitives of two loops.

#[macro_use]
extern crate asyncio_testing;

mod barrier;
mod barrier_breaks;
mod condition;
mod dropped;
mod event;
mod knots;
mod lock;
mod many;
mod partial;
mod semaphore;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use asyncio_runtime::{Clock, Result, Runner, sleep};

fn run(test: impl Future<Output = Result<()>> + 'static) {
    Runner::new().clock(Clock::Virtual).run(test).unwrap();
}

async fn step() {
    sleep(0).await.unwrap();
}

/// A log of what happened, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<u32>>>);

impl Log {
    fn push(&self, number: u32) {
        self.0.borrow_mut().push(number);
    }

    #[track_caller]
    fn is(&self, expected: &[u32]) {
        assert_eq!(*self.0.borrow(), expected);
    }
}
