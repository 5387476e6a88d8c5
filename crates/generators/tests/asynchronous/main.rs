//! Asynchronous generators; the cases of CPython's `test_asyncgen` that can be said in Rust name their origin. Every state
//! of a generator, step for step, is in `steps`.

#[macro_use]
extern crate asyncio_testing;

mod bodies;
mod closing;
mod ports;

use std::cell::RefCell;
use std::rc::Rc;

use asyncio_generators::AsyncGenerator;
use asyncio_runtime::{Clock, Result, Runner, sleep};

type Log = Rc<RefCell<Vec<String>>>;

fn run<T: 'static>(program: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(program)
}

fn note(log: &Log, what: impl Into<String>) {
    log.borrow_mut().push(what.into());
}

fn numbers(last: u32) -> AsyncGenerator<u32> {
    AsyncGenerator::new(async move |mut y| {
        for n in 1..=last {
            sleep(0.01).await?;
            y.yield_(n).await?;
        }
        Ok(())
    })
}

fn repr<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error:?}"),
    }
}
