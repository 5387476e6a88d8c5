//! The floor: for each workload, a hand-written loop that does only what no runtime can leave out. A box per task and a
//! `VecDeque` to run them, a `BinaryHeap` of deadlines, bare epoll, an eventfd.
//!
//! There are no wakers, no join handles, no cancellation, and no panic is caught.

mod tasks;
mod tcp;
mod threads;
mod timers;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A task: a future in a box.
type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Polls a future that needs no waker.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs tasks round robin until the last has ended, and passes each result to `ended`.
fn run<T>(queue: &mut VecDeque<Task<T>>, mut ended: impl FnMut(T)) {
    while let Some(mut task) = queue.pop_front() {
        match poll(task.as_mut()) {
            Poll::Ready(value) => ended(value),
            Poll::Pending => queue.push_back(task),
        }
    }
}

fn main() {
    harness::main(&[tasks::ROWS, timers::ROWS, tcp::ROWS, threads::ROWS])
}
