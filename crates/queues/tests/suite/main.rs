//! The cases of CPython's `test_queues.py`, each under the name of its origin, and what Rust adds: values handed back, dropped
//! waiters, a hundred thousand waiters.

#[macro_use]
extern crate asyncio_testing;

mod basics;
mod ends;
mod waiting;

use asyncio_queues::{QueueOf, Store};
use asyncio_runtime::{Clock, Result, Runner, Task, create_task, sleep};

fn run(test: impl Future<Output = Result<()>> + 'static) {
    Runner::new().clock(Clock::Virtual).run(test).unwrap();
}

async fn step() {
    sleep(0).await.unwrap();
}

fn putting<T: 'static, S: Store<T> + 'static>(queue: &QueueOf<T, S>, item: T) -> Task<()> {
    let put = queue.put(item);
    create_task(async move { Ok(put.await?) })
}
