//! Queues between the tasks of one loop: `asyncio.queues`.
//!
//! A [`Queue`] is first in, first out, a [`LifoQueue`] last in, first out, and a [`PriorityQueue`] returns the smallest
//! item first. They are one type, [`QueueOf`], over different stores. Waiting tasks are served in the order in which
//! they came. The logic is that of CPython 3.15, cancellation and shutdown included. A clone is a handle on the same
//! queue, and a wait owns such a handle, so `create_task(queue.get())` and `wait_for(queue.get(), 1)` are fine.
//!
//! A queue cannot leave its thread. The compiler checks that:
//!
//! ```compile_fail,E0277
//! let queue = asyncio::Queue::<u32>::new(0);
//! std::thread::spawn(move || queue.put_nowait(1));
//! ```

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod error;
mod items;
mod queue;
mod store;
mod takes;

pub use error::{PutError, QueueEmpty, QueueFull, QueueShutDown};
pub use items::Items;
pub use queue::{LifoQueue, PriorityQueue, Queue, QueueOf};
pub use store::{Fifo, Lifo, Smallest, Store};
