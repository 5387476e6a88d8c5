//! A tiny single-threaded runtime with the vocabulary of Python's asyncio and, step for step, its scheduling.
//!
//! One thread, one loop; tasks that have names, can be asked how they are, can be cancelled **and can catch their own
//! cancellation**. Whoever knows asyncio finds its words here, and its modules: `events`, `futures`, `tasks`, `timeouts`,
//! `taskgroups`, `runners`, `threads`.
//!
//! ```
//! use asyncio::{Result, gather, run, sleep};
//!
//! async fn say_after(delay: f64, what: &str) -> Result<()> {
//!     sleep(delay).await?;
//!     println!("{what}");
//!     Ok(())
//! }
//!
//! async fn program() -> Result<()> {
//!     gather([say_after(0.002, "world"), say_after(0.001, "hello")]).await?;
//!     Ok(())
//! }
//!
//! run(program()).unwrap();
//! ```
//!
//! # The scheduling contract
//!
//! The same program takes the same steps in the same order as on the loop of CPython 3.15.
//!
//! - There is one first-in first-out queue of what is ready. An iteration collects input and output events, appends the
//!   timers that are due (by deadline, then by creation), and runs exactly what was ready at that moment; what those steps
//!   add waits for the next iteration.
//! - A new task's first step is queued, never run inline. A completed future queues its waiters and callbacks in the order
//!   of registration: awaiting a task resumes one step after it ends, `gather`, `wait`, `shield` and `TaskGroup` resume
//!   through callbacks, two steps after. `sleep(0)` is one bare yield. Awaiting what is done does not suspend.
//! - [`cancel`](AnyFuture::cancel) travels from a task to what it waits on, as [`Task`] says; the error comes out of the
//!   await at the task's next step.
//! - [`run`] ends by cancelling what is left and waiting for it.
//!
//! Python leaves the order in which a set is walked to chance; here it is the order of creation.
//!
//! # Errors
//!
//! An exception is an [`Error`]; a wait gives a [`Result`], and `?` raises. A task that panics keeps the panic for whoever
//! awaits it. What nobody retrieves is reported on standard error as asyncio reports it.

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod asyncio;
mod base;
mod clock;
mod concurrent;
mod contextvars;
mod error;
mod kernel;

pub use crate::asyncio::asyncgens::OpenAsyncGen;
pub use crate::asyncio::coroutines::{Coroutine, Step, coroutine};
pub use crate::asyncio::events::{
    EventLoop, ExceptionHandler, Handle, RunTarget, TimerHandle, get_running_loop, new_event_loop,
};
pub use crate::asyncio::futures::{Await, CallbackKey, Future, Join};
pub use crate::asyncio::runners::{Runner, run};
pub use crate::asyncio::taskgroups::TaskGroup;
pub use crate::asyncio::tasks::{
    AsCompleted, Awaitable, CallGraphOptions, Cancellable, Child, CoroutineRef, Frame, FrameCallGraphEntry,
    FutureCallGraph, Gather, GatherOutcomes, GatherSet, GatherStart, NextCompleted, ReturnWhen, Sleep, SleepResult,
    Task, TaskFactory, TaskOptions, Wait, WaitFor, all_tasks, as_completed, cancellable, capture_call_graph,
    create_task, current_task, ensure_future, format_call_graph, future_add_to_awaited_by,
    future_discard_from_awaited_by, gather, print_call_graph, shield, sleep, sleep_result, try_create_task, wait,
    wait_for,
};
pub use crate::asyncio::threads::{run_coroutine_threadsafe, to_thread};
pub use crate::asyncio::timeouts::{Timeout, timeout, timeout_at};
pub use crate::asyncio::wait_queue::{LineWait, WaitQueue};
pub use crate::asyncio::{io, time};
pub use crate::base::seconds::{Seconds, TimeLimit};
pub use crate::base::{log, names::coroutine_name};
pub use crate::clock::Clock;
pub use crate::concurrent::{ConcurrentFuture, ThreadPoolExecutor};
pub use crate::contextvars::{Context, ContextVar, Token, VarScope, copy_context};
pub use crate::error::{
    CancelledError, Error, Exception, ExceptionContext, ExceptionGroup, GaiError, GeneratorExit, InvalidStateError,
    KeyboardInterrupt, LookupError, Result, RuntimeError, TaskPanic, TimeoutError, TypeError, ValueError,
    ZeroDivisionError,
};
pub use crate::kernel::{AnyFuture, AnyTask, LoopHandle, Observer, SchedulingPolicy, ThreadSafeHandle};
