//! Queues between the tasks of one loop: first in first out, last in first out, smallest first.
//!
//! All three are [`QueueOf`] over a [`Store`]; implement that one for another order.

#[doc(inline)]
pub use asyncio_queues::{
    Fifo, Items, Lifo, LifoQueue, PriorityQueue, PutError, Queue, QueueEmpty, QueueFull, QueueOf, QueueShutDown,
    Smallest, Store,
};
