//! A tiny single-threaded runtime with the vocabulary of Python's asyncio and, step for step, its scheduling.
//!
//! One thread, one loop; tasks that have names, can be asked how they are, can be cancelled **and can catch their own
//! cancellation**. Whoever knows asyncio finds its words here, and its modules: `events`, `futures`, `tasks`, `timeouts`,
//! `taskgroups`, `runners`, `threads`.
//!
//! ```
//! use asyncio_runtime::{Result, gather, run, sleep};
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

mod asyncgens;
mod burials;
mod call;
mod callbacks;
mod cell;
mod clock;
mod concurrent;
mod contextvars;
mod coroutines;
mod current;
mod cycles;
mod env;
mod error;
mod events;
mod exceptions;
mod futures;
pub mod io;
mod jobs;
pub mod log;
mod loop_core;
mod marks;
mod memory;
mod observer;
mod ordered;
mod origin;
mod prefetch;
mod reactor;
mod ready;
mod registry;
mod remote;
mod report;
mod repr;
mod resolve;
mod runners;
mod seconds;
mod signals;
mod taskgroups;
mod tasks;
mod threads;
pub mod time;
mod timeouts;
mod timers;
mod wait_queue;
mod waking;
mod word;

pub use asyncgens::OpenAsyncGen;
pub use clock::Clock;
pub use concurrent::{ConcurrentFuture, ThreadPoolExecutor};
pub use contextvars::{Context, ContextVar, Token, VarScope, copy_context};
pub use coroutines::{Coroutine, Step, coroutine, coroutine_name};
pub use error::{Error, Result};
pub use events::{EventLoop, ExceptionHandler, Handle, RunTarget, TimerHandle, get_running_loop, new_event_loop};
pub use exceptions::{
    CancelledError, Exception, ExceptionGroup, GeneratorExit, InvalidStateError, KeyboardInterrupt, LookupError,
    RuntimeError, TimeoutError, TypeError, ValueError, ZeroDivisionError,
};
pub use futures::{AnyFuture, Await, CallbackKey, Future, Join};
pub use observer::{Observer, SchedulingPolicy};
pub use remote::{LoopHandle, ThreadSafeHandle};
pub use report::ExceptionContext;
pub use resolve::GaiError;
pub use runners::{Runner, run};
pub use seconds::{Seconds, TimeLimit};
pub use taskgroups::TaskGroup;
pub use tasks::{
    AnyTask, AsCompleted, Awaitable, CallGraphOptions, Cancellable, Child, CoroutineRef, Frame, FrameCallGraphEntry,
    FutureCallGraph, Gather, GatherOutcomes, GatherSet, GatherStart, NextCompleted, ReturnWhen, Sleep, SleepResult,
    Task, TaskFactory, TaskOptions, TaskPanic, Wait, WaitFor, all_tasks, as_completed, cancellable, capture_call_graph,
    create_task, current_task, ensure_future, format_call_graph, future_add_to_awaited_by,
    future_discard_from_awaited_by, gather, print_call_graph, shield, sleep, sleep_result, try_create_task, wait,
    wait_for,
};
pub use threads::{run_coroutine_threadsafe, to_thread};
pub use timeouts::{Timeout, timeout, timeout_at};
pub use wait_queue::{LineWait, WaitQueue};
