//! Asynchronous context managers: `async with`, and what people use of `contextlib`.
//!
//! What a block needs is set up before it and cleaned up after it, however it ends. Rust's own way is a value with a
//! destructor, and where cleaning up does not wait for anything it is the better one. A destructor cannot await; a
//! manager can, and it sees the error that ended the block.
//!
//! [`async_with`] is the statement, [`AsyncContextManager`] the protocol. [`asynccontextmanager`] makes a manager of
//! one coroutine, [`AsyncExitStack`] is as many managers as a program decides at run time, [`aclosing`],
//! [`nullcontext`] and [`suppress`] are the small ones. `timeout`, `TaskGroup`, `Lock`, `Condition`, `Barrier`
//! and the semaphores are managers too.
//!
//! What is not here: decorators (a manager around every call of a function), because an `async_with` inside it says
//! the same.

#![forbid(unsafe_code)]

mod aclosing;
mod exit_stack;
mod generator;
mod manager;
mod managers;
mod panics;
mod small;

pub use aclosing::{AsyncClose, Closing, Lent, aclosing};
pub use exit_stack::AsyncExitStack;
pub use generator::{AsyncGeneratorContextManager, Yielder, asynccontextmanager};
pub use manager::{AsyncContextManager, async_with};
pub use panics::BlockPanicked;
pub use small::{NullContext, Suppress, nullcontext, suppress};
