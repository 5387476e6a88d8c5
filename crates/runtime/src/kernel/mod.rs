//! The loop, the task and the future, which depend on each other: the only room whose modules may import each other in a circle.
//! (A test holds that: `tests/src/circles.rs`.)
//!
//! A task needs its loop to be queued, the loop needs the task to run it, and both need the future that announces a task's end.
//! The list below says what the rest of the crate may use; only what is `pub use` is public.
//!
//! # The map
//!
//! | module | what it has |
//! | --- | --- |
//! | `handle` | `AnyFuture` and `AnyTask`, the counted pointers to a future; how a future ends, and what it wakes |
//! | `memory` | the memory of a future: `cell` and `base` (common to all futures), `state`, `value` (its result), `callbacks`, `waking` (which waiter to wake), `origin` (shared by futures of one origin) |
//! | `task` | the part of a task beyond its future (`core`), how it is made (`spawn`), takes a step (`step`), is polled in the step of another (`visit`), waits (`blocker`), is cancelled (`cancel`), never starts (`coroutine`), and ends with its loop (`destroy`) |
//! | `event_loop` | `LoopCore`: queueing and closing (`mod`), one iteration (`run`), the sleep between two (`waiting`), the queue (`ready`), `timers`, the tasks (`registry`), other threads (`remote`), how a callback runs (`call`, `callback`), the loop and task of this thread (`current`) |
//! | `tenant` | the state of a part of asyncio in a loop, made when it is first needed |
//! | `line` | the waiters of a lock, a queue or an event |
//! | `watch` | observing and steering: `Observer` and its `LoopEvent`s, `SchedulingPolicy` and its `Choices` |
//!
//! A typical path: `spawn` makes a cell and queues the task; `run_once` pops it, and `step` polls its coroutine. An await notes
//! its blocker (`wait_on` in `task/core`) and registers in the future's `callbacks`. The end of that future (`end` in `handle`)
//! wakes the task, and `schedule` in `event_loop` queues it again.
//!
//! # Invariants
//!
//! 1. **Queueing is all that waking does.** Nothing runs inside the call that wakes it; the ready queue is first in, first out. The
//!    one exception is a task that starts eagerly.
//! 2. **User code never runs while something of the loop is borrowed.** Wakers, callbacks, destructors and observers are called
//!    after the `RefCell` borrow has ended, and after a value that was moved out of a `Cell` is back. (While a policy or a
//!    reader's callback runs, only it itself is borrowed.)
//! 3. **The loop owns its tasks** by the registry, from `spawn` until they are done. Everything else holds a counted handle, which
//!    keeps memory, not execution.
//! 4. **A task that is done waits on nothing**, and is in no registry.
//! 5. **A cancellation is raised once**: by the wait that is resumed (`take_cancel`), by the next wait that begins (`deliver`), or
//!    as the end of a task that returns first.
//! 6. **Chains are walked with a list**, not by recursion: cancelling, dropping (`burials`), describing.
//! 7. **Another thread touches only a loop's `Shared` and a task's waker.** The runnable that it gets by waking goes straight into
//!    `Shared`.
//! 8. **The kernel knows no tenant's type**, only their order.

mod event_loop;
mod handle;
mod line;
mod memory;
mod task;
mod tenant;
mod watch;

// For programs, observers and policies.
pub use event_loop::callback::ExceptionHandler;
pub use handle::{AnyFuture, AnyTask};
pub use task::blocker::WaitKind;
pub use watch::{Choices, LoopEvent, Observer, Scheduled, ScheduledId, SchedulingPolicy};

// The loop: which one runs, what it is asked to run, and when.
pub(crate) use event_loop::call::Call;
pub(crate) use event_loop::callback::{run_callback, run_handled};
pub(crate) use event_loop::ready::{Run, TIME_IS_UP};
pub(crate) use event_loop::remote::{Remote, Shared};
pub(crate) use event_loop::timers::{Action, TimerKey, Turn};
pub(crate) use event_loop::waiting::EventTarget;
pub(crate) use event_loop::{Diagnosis, Interrupt, LoopCore, current, running_loop};
pub(crate) use watch::Target;

// A future: its kind, its state, and what it wakes and calls.
pub(crate) use memory::callbacks::{Callback, Callbacks, Registered};
pub(crate) use memory::cell::{Group, Kind};
pub(crate) use memory::state::{PendingCancel, State};
pub(crate) use memory::waking::Wake;

// A task: how it is made, waits, and is cancelled.
pub(crate) use line::{Line, Offer};
pub(crate) use task::blocker::{BlockedOn, Blocker, Description, Foreign, Text};
pub(crate) use task::cancel::{cancel, take_cancel, take_direct_cancel, take_forced};
pub(crate) use task::core::{TaskCore, current_task_id, keep_waiting_on, note_making, wait_on, wait_on_future};
pub(crate) use task::coroutine::{EXCUSING, close, excuse};
pub(crate) use task::spawn::spawn;
pub(crate) use task::visit::{is_visited, visit};

// The state of a part of asyncio in a loop.
pub(crate) use tenant::{Ending, Phase, Shutdown, Tenant, Tenants};
