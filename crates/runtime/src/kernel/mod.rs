//! What a loop, a task and a future know of each other: the one knot, on purpose.

mod deadlock;
mod event_loop;
mod handle;
mod line;
mod memory;
mod reactor;
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
pub(crate) use event_loop::timers::{Action, TimerKey, Turn};
pub(crate) use event_loop::{Interrupt, LoopCore, current, no_running_loop, running_loop};
pub(crate) use line::{Line, Ticket};
pub(crate) use memory::callbacks::{Callback, Registered};
pub(crate) use memory::cell::{Group, Kind};
pub(crate) use memory::state::{PendingCancel, State};
pub(crate) use memory::waking::Wake;
pub(crate) use reactor::{Side, Source};
pub(crate) use repr::future as repr;
pub(crate) use task::blocker::{BlockedOn, Blocker, Description};
pub(crate) use task::cancel::{cancel, take_cancel, take_direct_cancel};
pub(crate) use task::core::{TaskCore, current_task_id, keep_waiting_on, wait_on, wait_on_future};
pub(crate) use task::coroutine::{EXCUSING, close, excuse};
pub(crate) use task::spawn::spawn;
pub(crate) use tenant::{Ending, Phase, Shutdown, Tenant, Tenants};
