//! What a task has beyond a future: where it waits, what was asked of it, its name and its context; and what a wait notes
//! there when it begins.
//!
//! There may be a million tasks, so what most never have stands in a box of its own, made when it is needed.

use std::cell::{Cell, OnceCell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::contextvars::{self, Context as ContextObject, Vars};
use crate::current;
use crate::error::{Error, Result};
use crate::exceptions::RuntimeError;
use crate::futures::AnyFuture;
use crate::reactor::Source;
use crate::timers::TimerKey;
use crate::wait_queue::{Line, Place};

/// What a suspended task waits on: `Task._fut_waiter`.
#[derive(Clone)]
pub(crate) enum Waiter {
    /// Nothing that this crate knows of (or it runs, or never ran): a cancellation has to wait for the next await of ours.
    None,
    /// It gave way for one iteration and is queued again.
    Yield,
    /// A sleep.
    Timer(TimerKey),
    /// A future or task.
    Future(AnyFuture),
    /// A place in a line.
    Line(Rc<Line>, Place),
    /// A descriptor, and a place among those who wait for it.
    Readiness(Rc<Source>, Place),
    /// A foreign future that may be dropped.
    Cancellable,
}

/// A cancellation that is on its way to the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingCancel {
    None,
    /// To be raised at the next step: `Task._must_cancel`.
    Must,
    /// The wait itself was cancelled: it raises as soon as the task is resumed.
    Wait,
}

/// What a task has beyond what every future has. There may be a million of them, so what most never have is `Rare`.
pub(crate) struct TaskCore {
    /// Taken out and put back by whoever looks.
    waiter: Cell<Waiter>,
    marks: Cell<u8>,
    /// How many cancellations were requested and not taken back; 65,535 stands for that many or more.
    pub(crate) cancels: Cell<u16>,
    /// Its slot in the loop's registry, or `UNREGISTERED`.
    slot: Cell<u32>,
    /// The number of a default name; 0 if the task was named.
    number: Cell<u32>,
    /// The running number of its creation in its loop; it may wrap around.
    pub(crate) order: Cell<u32>,
    rare: OnceCell<Box<Rare>>,
    /// Where it was last seen: created, suspended, or asking who it is.
    pub(crate) at: Cell<&'static Location<'static>>,
}

const UNREGISTERED: u32 = u32::MAX;

/// What may be true of a task: a bit each.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Started = 1,
    /// Drop the coroutine at the next step.
    Aborted = 2,
    /// It is on the way of a cancellation that is going on: to notice a cycle.
    OnPath = 4,
    /// `PendingCancel::Must`.
    MustCancel = 8,
    /// `PendingCancel::Wait`.
    WaitCancelled = 16,
}

/// What most tasks never have.
#[derive(Default)]
struct Rare {
    name: RefCell<Option<Rc<str>>>,
    cancel_message: RefCell<Option<Arc<str>>>,
    /// The message stays with the task when the cancellation was raised.
    cancel_noted: Cell<bool>,
    /// The task's own context between its steps.
    vars: Cell<Vars>,
    /// A context object given at creation, used instead of `vars`.
    context: OnceCell<ContextObject>,
}

/// While it lives, the task's context is the current one, if it could be entered.
pub(crate) struct InContext<'a> {
    core: Option<&'a TaskCore>,
    /// The context from outside.
    outer: Vars,
}

impl Drop for InContext<'_> {
    #[inline]
    fn drop(&mut self) {
        // The first variable may have been set since.
        if let Some(core) = self.core.filter(|core| !core.has_no_context()) {
            core.swap_context_out(self.outer.take());
        }
    }
}

static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);

impl TaskCore {
    #[inline]
    pub(crate) fn new(context: Option<ContextObject>, at: &'static Location<'static>) -> Self {
        let core = Self {
            waiter: Cell::new(Waiter::None),
            marks: Cell::new(0),
            cancels: Cell::new(0),
            slot: Cell::new(UNREGISTERED),
            number: Cell::new(NEXT_NUMBER.fetch_add(1, Ordering::Relaxed)),
            order: Cell::new(0),
            rare: OnceCell::new(),
            at: Cell::new(at),
        };
        if context.is_some() || contextvars::in_use() {
            core.begin_context(context);
        }
        core
    }

    /// The context that it was given, or else a copy of the current one.
    #[cold]
    fn begin_context(&self, context: Option<ContextObject>) {
        match context {
            None => self.keep_vars(contextvars::current()),
            Some(context) => self.rare().context.set(context).expect("a new task has none"),
        }
    }

    /// The loop owns the task from now on.
    pub(crate) fn register(&self, slot: u32, order: u32) {
        self.slot.set(slot);
        self.order.set(order);
    }

    /// The task is over: its slot in the registry is given back.
    pub(crate) fn unregister(&self) -> Option<u32> {
        Some(self.slot.replace(UNREGISTERED)).filter(|slot| *slot != UNREGISTERED)
    }

    pub(crate) fn waiter(&self) -> Waiter {
        let waiter = self.waiter.replace(Waiter::None);
        let copy = waiter.clone();
        self.waiter.set(waiter);
        copy
    }

    /// Nothing may be borrowed: what it was may be the last handle on a future.
    #[inline]
    pub(crate) fn set_waiter(&self, waiter: Waiter) {
        drop(self.waiter.replace(waiter));
    }

    /// Makes the task's context the current one, until what this gives is dropped. An error says why it could not.
    #[inline]
    pub(crate) fn enter_context(&self) -> (InContext<'_>, Option<Error>) {
        if self.has_no_context() {
            return (InContext { core: Some(self), outer: None }, None);
        }
        match self.swap_context_in() {
            Ok(outer) => (InContext { core: Some(self), outer }, None),
            Err(error) => (InContext { core: None, outer: None }, Some(error.into())),
        }
    }

    /// Every context is empty, and the task was not given one to be in.
    #[inline]
    fn has_no_context(&self) -> bool {
        self.rare.get().is_none() && !contextvars::in_use()
    }

    #[cold]
    fn swap_context_in(&self) -> Result<Vars, RuntimeError> {
        let vars = match self.context() {
            None => self.rare.get().and_then(|rare| rare.vars.take()),
            Some(context) => context.enter()?,
        };
        Ok(contextvars::replace(vars))
    }

    #[cold]
    fn swap_context_out(&self, outer: Vars) {
        let vars = contextvars::replace(outer);
        match self.context() {
            None => self.keep_vars(vars),
            Some(context) => context.leave(vars),
        }
    }

    fn keep_vars(&self, vars: Vars) {
        if vars.is_some() || self.rare.get().is_some() {
            self.rare().vars.set(vars);
        }
    }

    /// Calls `f` in the task's context (unless that is entered somewhere): how exception handlers hear of a task.
    pub(crate) fn in_context(&self, f: impl FnOnce()) {
        let _inside = self.enter_context();
        f();
    }

    fn context(&self) -> Option<&ContextObject> {
        self.rare.get()?.context.get()
    }

    pub(crate) fn name(&self) -> Rc<str> {
        let custom = self.rare.get().and_then(|rare| rare.name.borrow().clone());
        custom.unwrap_or_else(|| format!("Task-{}", self.number.get()).into())
    }

    pub(super) fn set_name(&self, name: &str) {
        self.rare().name.replace(Some(name.into()));
    }

    /// Names a task that was just created. CPython counts only tasks without a name of their own, so the number goes
    /// back if nobody has taken the next one since.
    pub(super) fn name_at_creation(&self, name: &str) {
        self.set_name(name);
        let number = self.number.replace(0);
        if number != 0 {
            let next = number.wrapping_add(1);
            let _ = NEXT_NUMBER.compare_exchange(next, number, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks.get() & mark as u8 != 0
    }

    pub(crate) fn mark(&self, mark: Mark) {
        self.marks.set(self.marks.get() | mark as u8);
    }

    pub(crate) fn unmark(&self, mark: Mark) {
        self.marks.set(self.marks.get() & !(mark as u8));
    }

    /// Nothing is to be done at this step but to resume the coroutine.
    pub(crate) fn just_goes_on(&self) -> bool {
        self.marks.get() == Mark::Started as u8
    }

    pub(crate) fn pending_cancel(&self) -> PendingCancel {
        if self.has(Mark::MustCancel) {
            PendingCancel::Must
        } else if self.has(Mark::WaitCancelled) {
            PendingCancel::Wait
        } else {
            PendingCancel::None
        }
    }

    pub(crate) fn set_pending_cancel(&self, pending: PendingCancel) {
        self.unmark(Mark::MustCancel);
        self.unmark(Mark::WaitCancelled);
        match pending {
            PendingCancel::None => {}
            PendingCancel::Must => self.mark(Mark::MustCancel),
            PendingCancel::Wait => self.mark(Mark::WaitCancelled),
        }
    }

    pub(crate) fn cancelling(&self) -> u32 {
        u32::from(self.cancels.get())
    }

    pub(crate) fn cancel_message(&self) -> Option<Arc<str>> {
        self.rare.get().and_then(|rare| rare.cancel_message.borrow().clone())
    }

    /// In CPython the task notes the message of a cancellation that is raised at the next step, and keeps it; any other
    /// message is the wait's.
    pub(crate) fn set_cancel_message(&self, message: Option<Arc<str>>, noted: bool) {
        if message.is_some() || self.rare.get().is_some() {
            let rare = self.rare();
            rare.cancel_message.replace(message);
            rare.cancel_noted.set(noted);
        }
    }

    pub(crate) fn forget_message_of_wait(&self) {
        if let Some(rare) = self.rare.get().filter(|rare| !rare.cancel_noted.get()) {
            rare.cancel_message.take();
        }
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }
}

/// The current task's place in the order of creation, which no other task of the process has.
pub(crate) fn current_task_id() -> Option<u32> {
    current::with_task(|task| Some(task?.core().order.get()))
}

/// Notes what the current task waits on, and where in its code.
#[inline]
pub(crate) fn wait_on(waiter: Waiter, at: &'static Location<'static>) {
    current::with_task(|task| {
        if let Some(task) = task {
            task.core().at.set(at);
            task.core().set_waiter(waiter);
        }
    });
}

/// Notes that the current task goes on waiting, where it was.
pub(crate) fn keep_waiting_on(waiter: Waiter) {
    current::with_task(|task| {
        if let Some(task) = task {
            task.core().set_waiter(waiter);
        }
    });
}

/// Notes that the current task awaits `future`, unless it must not: then it only yields, and the error is for its next step.
pub(crate) fn wait_on_future(future: &AnyFuture, at: &'static Location<'static>) -> Result<(), Error> {
    current::with_task(|task| {
        let Some(task) = task else { return Ok(()) };
        // Noted first: the message of a refusal tells where the task is, and that is here.
        task.core().at.set(at);
        let message = if task.is(future) {
            format!("Task cannot await on itself: {future:?}")
        } else if !Rc::ptr_eq(&task.base().event_loop, &future.base().event_loop) {
            format!("Task {task:?} got Future {future:?} attached to a different loop")
        } else {
            task.core().set_waiter(Waiter::Future(future.clone()));
            return Ok(());
        };
        task.core().set_waiter(Waiter::Yield);
        Err(RuntimeError::new(message).into())
    })
}
