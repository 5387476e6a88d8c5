//! Tasks, and the functions that wait for several awaitables or protect them.
//!
//! [`create_task`] starts a coroutine beside the current one. The functions take anything that is [`Awaitable`]: tasks,
//! futures and coroutines. Options are methods of what a function returns, such as [`Wait`] or [`Gather`].

#[doc(inline)]
pub use asyncio_runtime::{
    AnyTask, AsCompleted, Awaitable, AwaitableList, ByHandle, CancelBoundary, Cancellable, CoroutineRef, Frame, Gather,
    GatherMember, GatherOutcomes, GatherSet, GatherStart, InPlace, NextCompleted, Offered, ReturnWhen, Sleep,
    SleepResult, Task, TaskFactory, TaskOptions, TaskPanic, Uncancellable, Wait, WaitFor, WaitKind, Waitable, WaitsOn,
    all_tasks, as_completed, cancel_boundary, cancellable, create_task, current_task, ensure_future, gather, shield,
    sleep, sleep_result, try_create_task, uncancellable, wait, wait_for,
};
#[doc(inline)]
pub use asyncio_scope::{GatherScoped, GatherScopedOutcomes, gather_scoped};
