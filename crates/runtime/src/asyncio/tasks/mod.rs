//! Tasks, and the functions that wait for several awaitables or protect them (`asyncio.tasks`).
//!
//! Read in this order: `task` (the handles), `create` (how a task is made), `awaitable` (what can be awaited), then the ways
//! to wait: `sleep`, `gather`, `wait`, `wait_for`, `shield`, `as_completed` (`done_callbacks` is what some of them share).
//! `graph` shows which task waits for which. How a task runs its steps and is cancelled is in `kernel::task`.

mod as_completed;
mod awaitable;
mod boundary;
mod create;
mod cycles;
mod done_callbacks;
mod gather;
mod graph;
mod scoped;
mod shield;
mod sleep;
mod task;
mod wait;
mod wait_for;
mod waits;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use awaitable::{Awaitable, ByHandle, InPlace, ensure_future};
pub use boundary::{CancelBoundary, Cancellable, Uncancellable, cancel_boundary, cancellable, uncancellable};
pub use create::{TaskFactory, TaskOptions, create_task, try_create_task};
pub use gather::{AwaitableList, Gather, GatherMember, GatherOutcomes, GatherSet, GatherStart, gather};
pub(crate) use graph::Edges;
pub use graph::{
    CallGraphOptions, FrameCallGraphEntry, FutureCallGraph, all_awaited_by, capture_call_graph, format_call_graph,
    future_add_to_awaited_by, future_discard_from_awaited_by, print_call_graph,
};
pub use shield::shield;
pub use sleep::{Sleep, SleepResult, sleep, sleep_result};
pub use task::{Task, all_tasks, current_task};
pub use wait::{ReturnWhen, Wait, Waitable, wait};
pub use wait_for::{WaitFor, wait_for};
pub use waits::{Offered, WaitsOn, completes};

pub(crate) use gather::all_done;
