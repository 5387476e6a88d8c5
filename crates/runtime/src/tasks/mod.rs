//! Tasks: coroutines that the loop runs by themselves (`asyncio.tasks`).
//!
//! Read in this order: `task` (the handles), `state` (what a task has), `step` (how it runs one step), `cancel` (how a
//! request to stop travels), `panic`, `create` (how one is made), then the ways to wait: `sleep`, `gather`, `wait`,
//! `wait_for`, `shield`, `as_completed`; `graph` shows who waits for whom.

mod as_completed;
mod awaitable;
mod cancel;
mod cancellable;
mod create;
mod gather;
mod graph;
mod panic;
mod shield;
mod sleep;
mod state;
mod step;
mod task;
mod wait;
mod wait_for;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use awaitable::{Awaitable, ensure_future};
pub use cancellable::{Cancellable, cancellable};
pub use create::{TaskFactory, TaskOptions, create_task, try_create_task};
pub use gather::{Child, Gather, GatherOutcomes, GatherSet, GatherStart, gather};
pub use graph::{
    CallGraphOptions, FrameCallGraphEntry, FutureCallGraph, capture_call_graph, format_call_graph,
    future_add_to_awaited_by, future_discard_from_awaited_by, print_call_graph,
};
pub use shield::shield;
pub use sleep::{Sleep, SleepResult, sleep, sleep_result};
pub use task::{AnyTask, CoroutineRef, Frame, Task, all_tasks, current_task};
pub use wait::{ReturnWhen, Wait, wait};
pub use wait_for::{WaitFor, wait_for};

pub(crate) use cancel::{cancel, take_cancel, take_direct_cancel};
pub(crate) use gather::all_done;
pub(crate) use graph::describe_deadlock;
pub use panic::TaskPanic;
pub(crate) use panic::resume_panic;
pub(crate) use state::{
    PendingCancel, Rare, TaskCore, Waiter, current_task_id, keep_waiting_on, wait_on, wait_on_future,
};
pub(crate) use step::{Runnable, describe_last_step, forget_last_step};
pub(crate) use task::destroy_all;
