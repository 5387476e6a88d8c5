//! Python's asyncio for Rust: everything under the names that Python's module `asyncio` has.
//!
//! ```
//! use asyncio::{Result, run, sleep};
//!
//! async fn program() -> Result<()> {
//!     println!("hello");
//!     sleep(0.001).await?;
//!     println!("world");
//!     Ok(())
//! }
//!
//! run(program()).unwrap();
//! ```
//!
//! # Where to begin
//!
//! - **A program**: [`run`] its main coroutine, or write [`#[asyncio::main]`](macro@main) over it; [`Runner`] has the options. With `ASYNCIO_DEBUG=1` in the environment the
//!   loop reports callbacks that block it; with `ASYNCIO_CLOCK=virtual` it skips the sleeps.
//! - **Many at once**: [`create_task`], [`gather()`], [`TaskGroup`], [`wait`], [`as_completed`];
//!   with coroutines that borrow, [`gather_scoped`] and [`ScopedTaskGroup`].
//! - **Limits**: [`wait_for`] for one awaitable, [`timeout`] for a block, [`shield`] against a cancellation.
//! - **Between tasks**: [`Queue`], [`Lock`], [`Event`], [`Condition`], [`Semaphore`], [`Barrier`], and [`Future`].
//! - **Outside**: [`open_connection`], [`start_server`], [`create_subprocess_exec`], [`to_thread`],
//!   [`run_coroutine_threadsafe`].
//! - **A test**: [`#[asyncio::test]`](macro@test), on the virtual clock.
//! - **In another loop**: [`Runner::host`] runs a program in the loop of a page, a graphical interface or another runtime.
//! - **`async for`, `async with`, `yield`**: [`AsyncIterator`], [`async_with`], [`AsyncGenerator`].
//!
//! # The modules
//!
//! What a program imports is on this page, as in Python: `use asyncio::{Queue, create_task, sleep};`. The modules are
//! Python's, too. Each holds its part of this page and, beyond that, the types that you rarely name: builders, guards, and
//! the futures that methods return.
//!
//! | modules | for |
//! | --- | --- |
//! | [`runners`], [`events`] | run a program; the event loop, its callbacks, its clock |
//! | [`tasks`], [`futures`], [`coroutines`] | tasks and the functions that wait for them; futures; coroutines |
//! | [`timeouts`], [`taskgroups`], [`exceptions`] | limits for a block, structured concurrency, errors |
//! | [`locks`], [`queues`] | what tasks share |
//! | [`threads`], [`contextvars`] | blocking functions, other threads, context variables |
//! | [`streams`], `ssl`, [`subprocess`] | connections, servers, pipes, datagrams; TLS; commands |
//! | [`iterators`], [`generators`], [`contextlib`] | `async for`, `yield` and `async with` |
//! | `testing` | tests of programs |
//! | `inspect` | let `asyncio-ps` look into a running program |
//! | `simulation` | run a program under many orders of its steps, and find the one that breaks it |
//! | [`graph`], [`log`] | what a task waits for; the log of the loop |
//! | [`io`], [`time`] | any file descriptor on the loop; Python's `time` |
//!
//! You can search this documentation for names of Python's, such as `__aenter__`, `get_extra_info` or `CERT_NONE`: where the
//! name differs here, Python's name leads to it.
//!
//! # Features
//!
//! On by default are `macros` (`main`, `test` and `testing`), `net` ([`streams`]), `process` ([`subprocess`]), `threads` ([`threads`]), `tls` (`ssl`). A program that
//! turns them off builds fewer crates. The feature `trace`, which is off, adds a module `trace` and lets `ASYNCIO_TRACE=FILE` write
//! what happens in a program to a file that Perfetto and Chrome open. The feature `simulation`, for tests, adds a module `simulation`,
//! which runs a program under many orders of its steps, and lets `ASYNCIO_SCHEDULE` replay one.
//! The feature `inspect` adds a module `inspect` and lets `asyncio-ps` and `asyncio-pstree` look into a program that runs with
//! `ASYNCIO_INSPECT=1`: what its tasks wait for, where, and since when.
//! On `wasm32-unknown-unknown` the modules `inspect`, `signal`, `ssl`, [`subprocess`], [`threads`] and `trace` are absent whatever
//! features are enabled, and so is everything in [`io`] and [`streams`] that needs a descriptor. Streams work if the program has
//! entered a [`streams::Network`], such as `simulation::Network`. Without a network every connection fails with errno 101,
//! `ENETUNREACH`. Through the module `host` the page lends its clocks. Nothing can block there: a program runs on the virtual
//! clock, or the page drives the loop.
//!
//! # What differs from Python
//!
//! - A coroutine returns a [`Result`], and `?` after each `.await` is what raises. A cancellation is an [`Error`] like any
//!   other. A `match` arm that takes every error takes a cancellation, too, so ask [`Error::is_cancelled`] first.
//! - Keyword arguments are methods: `wait(&tasks).timeout(1)`.
//! - `task.await` takes the result, `(&task).await` clones it.
//! - The loop owns its tasks. Dropping a task's handle does not stop the task.
//! - [`create_task`] panics where no loop runs; [`try_create_task`] returns the error.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod contextlib;
pub mod contextvars;
pub mod coroutines;
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod entry;
pub mod events;
pub mod exceptions;
pub mod futures;
pub mod generators;
pub mod graph;
#[cfg(not(unix))]
pub mod host;
#[cfg(all(unix, feature = "inspect"))]
pub mod inspect;
pub mod iterators;
pub mod locks;
pub mod queues;
pub mod runners;
#[cfg(feature = "simulation")]
pub mod simulation;
#[cfg(feature = "net")]
pub mod streams;
#[cfg(all(unix, feature = "process"))]
pub mod subprocess;
pub mod taskgroups;
pub mod tasks;
#[cfg(feature = "macros")]
pub mod testing;
#[cfg(all(unix, feature = "threads"))]
pub mod threads;
pub mod timeouts;

// Part of debug mode.
#[cfg(unix)]
use asyncio_watchdog as _;

#[cfg(feature = "macros")]
#[doc(inline)]
pub use asyncio_macros::{main, test};
#[cfg(unix)]
#[doc(inline)]
pub use asyncio_runtime::signal;
#[doc(inline)]
pub use asyncio_runtime::{io, log, time};
#[cfg(all(unix, feature = "tls"))]
#[doc(inline)]
pub use asyncio_streams::ssl;
#[cfg(all(unix, feature = "trace"))]
#[doc(inline)]
pub use asyncio_trace as trace;

#[doc(inline)]
pub use self::{
    contextlib::{
        AsyncContextManager, AsyncExitStack, BlockPanicked, aclosing, async_with, asynccontextmanager, nullcontext,
        suppress,
    },
    contextvars::{Context, ContextVar, copy_context},
    coroutines::{Coroutine, coroutine, coroutine_name},
    events::{
        Choices, Clock, EventLoop, Guest, Handle, LoopEvent, LoopHandle, Observer, SchedulingPolicy, TimerHandle,
        get_running_loop, new_event_loop,
    },
    exceptions::{
        CancelledError, Error, ErrorContext, Exception, ExceptionGroup, GaiError, GeneratorExit, InvalidStateError,
        KeyboardInterrupt, LookupError, Result, RuntimeError, TaskPanic, TimeoutError, TypeError, ValueError,
        ZeroDivisionError, raise,
    },
    futures::{AnyFuture, Future, future_add_to_awaited_by, future_discard_from_awaited_by},
    generators::{AsyncGenerator, Generator},
    graph::{FrameCallGraphEntry, FutureCallGraph, capture_call_graph, format_call_graph, print_call_graph},
    iterators::{
        AsyncIterator, IntoAsyncIterator, StopAsyncIteration, aiter, anext, anext_or, await_each, from_iter,
        from_stream, into_stream,
    },
    locks::{Barrier, BoundedSemaphore, BrokenBarrierError, Condition, Event, Lock, Semaphore},
    queues::{LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, QueueShutDown},
    runners::{Runner, run},
    taskgroups::{ScopedTaskGroup, TaskGroup},
    tasks::{
        AnyTask, Awaitable, ByHandle, ReturnWhen, Task, TaskFactory, TaskOptions, WaitKind, all_tasks, as_completed,
        cancel_boundary, cancellable, create_task, current_task, ensure_future, gather, gather_scoped, shield, sleep,
        sleep_result, try_create_task, uncancellable, wait, wait_for,
    },
    timeouts::{Timeout, timeout, timeout_at},
};

#[cfg(feature = "simulation")]
#[doc(inline)]
pub use self::simulation::{check_cancellation, explore, invariant};
#[cfg(feature = "net")]
#[doc(inline)]
pub use self::streams::{
    Address, DatagramEndpoint, Duplex, Family, IncompleteReadError, LimitOverrunError, Server, StreamReader,
    StreamWriter, create_datagram_endpoint, getnameinfo, open_connection, open_unix_connection, start_server,
    start_unix_server,
};
#[cfg(all(unix, feature = "net"))]
#[doc(inline)]
pub use self::streams::{
    connect_read_pipe, connect_write_pipe, create_datagram_endpoint_on, open_connection_on, start_server_on,
    start_unix_server_on, stderr, stdin, stdout,
};
#[cfg(all(unix, feature = "process"))]
#[doc(inline)]
pub use self::subprocess::{ProcessLookupError, create_subprocess_exec, create_subprocess_shell};

#[cfg(all(unix, feature = "threads"))]
#[doc(inline)]
pub use self::threads::{ConcurrentFuture, ThreadPoolExecutor, run_coroutine_threadsafe, to_thread};

// The examples of the runtime import these from here; they belong in the modules.
#[doc(hidden)]
pub use self::{
    coroutines::Step,
    events::ExceptionContext,
    generators::OpenAsyncGen,
    graph::CallGraphOptions,
    locks::{LineWait, WaitQueue},
    tasks::GatherStart,
    timeouts::{Seconds, TimeLimit},
};

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
