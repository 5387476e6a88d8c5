//! What a loop, a task and a future know of each other: the one knot, on purpose.
//!
//! A task needs its loop to be queued, the loop needs the task to run it, and both need the future that tells of the end. So the
//! modules in here may import each other, as nothing else in the runtime may. The list below says what the rest may use.
//!
//! # The map
//!
//! | module | what it has |
//! | --- | --- |
//! | [`handle`] | [`AnyFuture`] and [`AnyTask`], the counted pointers to a future: how it ends, and who is told |
//! | [`memory`] | what a future keeps: the `cell`, its state, its result or callbacks (`value`, `callbacks`), whom it wakes (`waking`), what futures of one origin share (`origin`) |
//! | [`task`] | what a task has beyond a future (`core`), how it is made (`spawn`), takes a step (`step`), waits (`blocker`), is cancelled (`cancel`) and ends with its loop (`destroy`) |
//! | [`event_loop`] | [`LoopCore`]: one iteration (`run`), the sleep between two (`waiting`), the ready queue, timers, tasks (`registry`), other threads (`remote`), the loop and task of this thread (`current`), circles of ownership (`cycles`), what the system knows of descriptors (`selector`) |
//! | [`tenant`] | what a part of asyncio keeps in a loop, made when it is first needed |
//! | [`line`] | those who wait for a lock, a queue or an event |
//! | [`watch`], [`repr`], [`deadlock`] | the traits of who watches; how futures print; the report when nothing can go on |
//!
//! One way through it: `spawn` makes a cell and queues the task, `run_once` pops it, `step` polls its coroutine, an await notes a
//! `blocker` and registers with a future's `callbacks`, `handle` ends that future and wakes the task, which is queued again.
//!
//! # Invariants
//!
//! 1. **Queueing is all that waking does.** Nothing runs inside the call that wakes it; the ready queue is first in, first out. The
//!    one exception is a task that starts eagerly.
//! 2. **Nobody's code runs while something is borrowed.** Wakers, callbacks, destructors and observers are called when the
//!    `RefCell` borrow has ended; what was taken out of a cell is back before they are.
//! 3. **The loop owns its tasks** by the registry, from `spawn` until they are done. All else are handles.
//! 4. **A task that is done waits on nothing**, and is in no registry.
//! 5. **A cancellation is raised once**: by the wait that is resumed (`take_cancel`), by the next wait that begins (`deliver`), or
//!    as the end of a task that returns first.
//! 6. **Chains are walked with a list**, not by recursion: cancelling, dropping (`burials`), describing.
//! 7. **Other threads reach [`Shared`] and nothing else** of a loop, and of a task its waker.
//! 8. **The kernel knows none of its tenants**, and has nothing public but what it re-exports.

mod deadlock;
mod event_loop;
mod handle;
mod line;
mod memory;
mod repr;
mod task;
mod tenant;
mod watch;

pub use event_loop::callback::ExceptionHandler;
pub use handle::{AnyFuture, AnyTask};
pub use watch::{Observer, SchedulingPolicy};

pub(crate) use event_loop::call::Call;
pub(crate) use event_loop::callback::{handle_repr, run_callback, run_handled};
pub(crate) use event_loop::ready::{Run, TIME_IS_UP};
pub(crate) use event_loop::remote::{Remote, Shared};
pub(crate) use event_loop::selector::{EventTarget, Found, Selector};
pub(crate) use event_loop::timers::{Action, TimerKey, Turn};
pub(crate) use event_loop::{Interrupt, LoopCore, current, no_running_loop, running_loop};
pub(crate) use line::{Line, Ticket};
pub(crate) use memory::callbacks::{Callback, Registered};
pub(crate) use memory::cell::{Group, Kind};
pub(crate) use memory::state::{PendingCancel, State};
pub(crate) use memory::waking::Wake;
pub(crate) use repr::future as repr;
pub(crate) use task::blocker::{BlockedOn, Blocker, Description};
pub(crate) use task::cancel::{cancel, take_cancel, take_direct_cancel};
pub(crate) use task::core::{TaskCore, current_task_id, keep_waiting_on, wait_on, wait_on_future};
pub(crate) use task::coroutine::{EXCUSING, close, excuse};
pub(crate) use task::spawn::spawn;
pub(crate) use tenant::{Ending, Phase, Shutdown, Tenant, Tenants};
