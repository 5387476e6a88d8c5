//! A small single-threaded runtime with the vocabulary of Python's asyncio and, step for step, its scheduling.
//!
//! One thread, one event loop. Tasks have names, report their state, can be cancelled, **and can catch their own
//! cancellation**. If you know asyncio, you will find its names here. Programs use this crate through `asyncio`, which adds
//! locks, queues, streams and subprocesses.
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
//! - There is one first-in first-out queue of callbacks and steps that are ready. An iteration polls for I/O and appends what
//!   it made ready, appends the timers that are due (by deadline, then by creation), and runs exactly what is in the queue
//!   at that moment. Entries added meanwhile wait for the next iteration.
//! - The first step of a new task is queued, never run inline. Completing a future queues its waiters and callbacks in the
//!   order of registration: a task that awaits another resumes one iteration after it ends; `gather`, `wait`, `shield` and
//!   `TaskGroup` go through a callback and resume after two. `sleep(0)` is one bare yield. Awaiting a future that is done does
//!   not suspend.
//! - [`cancel`](AnyFuture::cancel) travels from a task to what it waits for, as described at [`Task`]; the error comes out of
//!   the await at the task's next step.
//! - [`run`] ends by cancelling the tasks that are left and waiting for them.
//!
//! Python iterates over sets of tasks in an arbitrary order; here it is the order of creation.
//!
//! # Errors
//!
//! An exception is an [`Error`]; an await returns a [`Result`], and `?` raises. The panic of a task is kept and resumed where
//! the task is awaited. Errors that nothing retrieves are reported on standard error as asyncio reports them.
//!
//! # Modules
//!
//! The source has layers, called rooms, and imports only look down. To read it, start at the top of this list. `cargo xtask tidy`
//! checks the imports. Below the rooms are separate crates: `asyncio_errors` (errors, reports, the log), `asyncio_ordered` and
//! `asyncio_collections` (data structures), `asyncio_clock` (real and virtual time), `asyncio_contextvars` and
//! `asyncio_concurrent` (thread pools).
//!
//! | room | what is in it | looks into |
//! | --- | --- | --- |
//! | `base` | the name of a coroutine, a hint to the processor | |
//! | `kernel` | the loop, the task and the future, which depend on each other | `base` |
//! | `asyncio` | Python's modules, a file each | all above; of the kernel, only what its `mod.rs` exports |

// Without an operating system, nothing uses the parts of the kernel for descriptors, signals and child processes.
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

#[cfg(not(any(unix, all(target_family = "wasm", target_os = "unknown"))))]
compile_error!("asyncio runs on Unix and on wasm32-unknown-unknown");

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod asyncio;
mod base;
mod kernel;

// asyncio.runners
pub use asyncio::runners::{Runner, run};
// asyncio.events
pub use asyncio::events::{EventLoop, get_running_loop};
pub use asyncio::new_loop::new_event_loop;
// Guest mode
pub use asyncio::closing::Closing;
pub use asyncio::guest::Guest;
pub use asyncio::handles::{Handle, TimerHandle};
pub use asyncio::threads::LoopHandle;
pub use asyncio_errors::ExceptionContext;
pub use kernel::{Choices, ExceptionHandler, LoopEvent, Observer, Scheduled, ScheduledId, SchedulingPolicy};
// asyncio.futures
pub use asyncio::futures::{Await, CallbackKey, Future, Join};
pub use kernel::AnyFuture;
// asyncio.coroutines
pub use asyncio::coroutines::{Coroutine, Step, coroutine};
pub use base::names::coroutine_name;
// asyncio.tasks
pub use asyncio::tasks::{
    AsCompleted, Awaitable, AwaitableList, ByHandle, CancelBoundary, Cancellable, Gather, GatherMember, GatherOutcomes,
    GatherSet, GatherStart, InPlace, NextCompleted, Offered, ReturnWhen, Sleep, SleepResult, Task, TaskFactory,
    TaskOptions, Uncancellable, Wait, WaitFor, Waitable, WaitsOn, all_tasks, as_completed, cancel_boundary,
    cancellable, create_task, current_task, ensure_future, gather, shield, sleep, sleep_result, try_create_task,
    uncancellable, wait, wait_for,
};
pub use asyncio_clock::{Seconds, TimeLimit};
pub use asyncio_errors::{CoroutineRef, Frame};
pub use kernel::{AnyTask, WaitKind};
// asyncio.graph
pub use asyncio::tasks::{
    CallGraphOptions, FrameCallGraphEntry, FutureCallGraph, all_awaited_by, capture_call_graph, format_call_graph,
    future_add_to_awaited_by, future_discard_from_awaited_by, print_call_graph,
};
// asyncio.timeouts and asyncio.taskgroups
pub use asyncio::taskgroups::TaskGroup;
pub use asyncio::timeouts::{Timeout, TimeoutBlock, timeout, timeout_at};
// asyncio.threads and concurrent.futures
pub use asyncio::threads::{run_coroutine_threadsafe, to_thread};
pub use asyncio_concurrent::{ConcurrentFuture, ThreadPoolExecutor, ThreadSafeHandle};
// contextvars
pub use asyncio_contextvars::{Context, ContextVar, Token, VarScope, copy_context};
// asyncio.exceptions and the built-in ones
pub use asyncio_errors::{
    CancelledError, Error, ErrorContext, Exception, ExceptionGroup, GaiError, GeneratorExit, InvalidStateError,
    KeyboardInterrupt, LookupError, Raisable, RaisedError, Result, RuntimeError, TaskPanic, TimeoutError, TypeError,
    ValueError, ZeroDivisionError, raise,
};
// time, asyncio.log, and what readers and writers of descriptors are built on
pub use asyncio::io;
pub use asyncio::time;
pub use asyncio_clock::Clock;
pub use asyncio_errors::log;
#[cfg(not(unix))]
pub use {asyncio_clock::set_clocks, asyncio_errors::log::set_output};
// signal
#[cfg(unix)]
pub use asyncio::signals::signal;
// For writing primitives: the base of locks, queues and generators.
pub use asyncio::asyncgens::OpenAsyncGen;
#[doc(hidden)]
pub use asyncio::hooks::{DebugHook, LoopHook, ResolveHook};
pub use asyncio::wait_queue::{LineWait, WaitQueue};
#[doc(hidden)]
pub use asyncio::{
    futures::note_handing_over, knots::tell_partial_deadlocks, tasks::completes, wait_queue::current_stamp,
};
pub use asyncio_collections::drop_nested;
#[doc(hidden)]
pub use asyncio_collections::takers::Taker;
