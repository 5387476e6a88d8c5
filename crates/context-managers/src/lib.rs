//! Asynchronous context managers: `async with`, and the parts of `contextlib` that people use.
//!
//! A manager sets up what a block needs and cleans up after it, however the block ends. Rust's own way is a value with
//! a destructor, and that is the better one where the cleanup does not wait for anything. But a destructor cannot
//! await; a manager can, and it sees the error that ended the block.
//!
//! [`async_with`] is the statement, [`AsyncContextManager`] the protocol. [`asynccontextmanager`] makes a manager of
//! one coroutine. [`AsyncExitStack`] holds a number of managers that is known only at run time. [`aclosing`],
//! [`nullcontext`] and [`suppress`] are the small ones. [`decorate`] runs each call of a function in a manager. `timeout`, `TaskGroup`, `Lock`, `Condition`, `Barrier` and the
//! semaphores are managers, too.

#![forbid(unsafe_code)]

mod aclosing;
mod decorator;
mod exit_stack;
mod generator;
mod manager;
mod managers;
mod panics;
mod small;

pub use aclosing::{Aclosing, AsyncClose, Lent, aclosing};
pub use decorator::{decorate, decorate_generator};
pub use exit_stack::AsyncExitStack;
pub use generator::{AsyncGeneratorContextManager, Yielder, asynccontextmanager};
pub use manager::{AsyncContextManager, async_with};
pub use panics::BlockPanicked;
pub use small::{NullContext, Suppress, nullcontext, suppress};
