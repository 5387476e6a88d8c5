//! What a suspended task waits on: its *blocker*, `Task._fut_waiter` in CPython.
//!
//! The core idea: everything that asks about a wait (a cancellation, `repr`, the report of a deadlock, the call graph) goes
//! through the trait [`Blocker`]. So a new way to wait is one `impl` of it, stored as [`BlockedOn::Other`]. The most common ways
//! have variants of their own, which need no memory outside the task.

use std::rc::Rc;

use asyncio_collections::takers::Taker;
pub(crate) use asyncio_errors::text::Text;
use asyncio_ordered::Ticket;

use crate::kernel::event_loop::{LoopCore, timers::TimerKey};
use crate::kernel::line::{ByHand, InLine, Line, Offer};
use crate::kernel::{handle::AnyFuture, memory::cell::Kind};

/// Something that a task waits on.
pub(crate) trait Blocker {
    /// The future that is awaited, if it is one: a request to cancel the task goes on there.
    fn future(&self) -> Option<AnyFuture> {
        None
    }

    /// Ends the wait because of a cancellation, which the task then raises at its next step. Returns false if the wait cannot
    /// be ended, for example because the task has been woken. Not called if there is a [`future`](Self::future).
    fn cancel(&self, event_loop: &LoopCore) -> bool;

    /// What it is, for reports.
    fn describe(&self) -> Description;
}

/// What a task waits on, as data.
pub(crate) struct Description {
    pub(crate) kind: WaitKind,
    /// Its text in `wait_for=…` and in the report of a deadlock.
    pub(crate) text: Text,
    /// The number of the task that last acquired it, if that is known.
    pub(crate) held_by: Option<u32>,
    /// Where it was acquired by hand, if it has not been released since.
    pub(crate) by_hand: Option<ByHand>,
    /// If that task has taken an item from a queue, how.
    pub(crate) taker: Option<Taker>,
    /// What a waiter ahead of this one was offered and has not taken.
    pub(crate) offered: Option<Offer>,
}

/// The kind of a wait. The list is open: new ways to wait add their own.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitKind {
    /// A sleep.
    Timer,
    /// A task.
    Task,
    /// A future that other code must complete.
    Future,
    /// A `gather`.
    Group,
    /// The line of waiters of an object with this name, such as `Lock`, `Queue.get` or `Event`.
    Line(&'static str),
    /// Input on a descriptor.
    Readable,
    /// Room for output on a descriptor.
    Writable,
    /// A future of another crate.
    Foreign,
}

impl Description {
    pub(crate) fn new(kind: WaitKind, text: impl Into<Text>) -> Self {
        Self { kind, text: text.into(), held_by: None, by_hand: None, taker: None, offered: None }
    }
}

/// A task's blocker, as its cell stores it, in 16 bytes.
#[derive(Clone)]
pub(crate) enum BlockedOn {
    /// Nothing: the task is running, has not started, or is done.
    Nothing,
    /// Its turn: it gave way to the others, and is queued.
    Turn,
    /// A future of another crate, alone or in a future of this one.
    Foreign(Option<&'static Foreign>),
    /// A sleep.
    Timer(TimerKey),
    /// A future or task.
    Future(AnyFuture),
    /// An entry in a line.
    Line(Rc<Line>, Ticket),
    /// Any other way to wait.
    Other(Rc<Box<dyn Blocker>>),
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<BlockedOn>() == 16);

impl BlockedOn {
    /// Calls `f` with the blocker, if there is one.
    fn with<R>(&self, f: impl FnOnce(&dyn Blocker) -> R) -> Option<R> {
        Some(match self {
            Self::Nothing | Self::Turn => return None,
            Self::Foreign(foreign) => f(foreign),
            Self::Timer(key) => f(key),
            Self::Future(future) => f(future),
            Self::Line(line, ticket) => f(&InLine(line, *ticket)),
            Self::Other(blocker) => f(&***blocker),
        })
    }

    /// See [`Blocker::future`].
    pub(crate) fn future(&self) -> Option<AnyFuture> {
        match self {
            Self::Future(future) => Some(future.clone()),
            Self::Other(blocker) => blocker.future(),
            _ => None,
        }
    }

    /// See [`Blocker::cancel`].
    pub(crate) fn cancel(&self, event_loop: &LoopCore) -> bool {
        self.with(|blocker| blocker.cancel(event_loop)).unwrap_or(false)
    }

    /// See [`Blocker::describe`]; `None` if this crate does not know the blocker.
    pub(crate) fn describe(&self) -> Option<Description> {
        self.with(|blocker| blocker.describe())
    }
}

/// A future of this crate in which one of another crate is awaited.
pub(crate) struct Foreign {
    pub(crate) is_cancellable: bool,
    pub(crate) text: &'static str,
}

/// Alone, it cannot be cancelled either; see `look_back` in `step`.
impl Blocker for Option<&'static Foreign> {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        self.is_some_and(|foreign| foreign.is_cancellable)
    }

    fn describe(&self) -> Description {
        Description::new(WaitKind::Foreign, self.map_or("a future of another crate", |foreign| foreign.text))
    }
}

impl Blocker for TimerKey {
    fn cancel(&self, event_loop: &LoopCore) -> bool {
        event_loop.timers.borrow().is_armed(*self)
    }

    fn describe(&self) -> Description {
        Description::new(WaitKind::Timer, "a timer")
    }
}

impl Blocker for AnyFuture {
    fn cancel(&self, _event_loop: &LoopCore) -> bool {
        false
    }

    fn describe(&self) -> Description {
        match self.kind() {
            Kind::Task(core) => Description::new(WaitKind::Task, core.shown_name()),
            Kind::Plain => Description::new(WaitKind::Future, "a future that nobody completes"),
            Kind::Group(group) => {
                let pending = group.members.iter().filter(|member| !member.done());
                let names: Vec<String> = pending.take(5).map(|member| member.describe().text.to_string()).collect();
                Description::new(WaitKind::Group, format!("a group of {} ({})", group.members.len(), names.join(", ")))
            }
        }
    }
}
