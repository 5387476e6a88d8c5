//! What a task has beyond a future: where it waits, what was asked of it, its name and its context; and what a wait notes
//! there when it begins.
//!
//! There may be a million tasks, so what most never have stands in a box of its own, made when it is needed.

use std::cell::{Cell, OnceCell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use crate::contextvars::{self, Context as ContextObject, Vars};
use crate::error::exceptions::RuntimeError;
use crate::error::{Error, Result};
use crate::kernel::event_loop::current;
use crate::kernel::event_loop::timers::TimerKey;
use crate::kernel::handle::AnyFuture;
use crate::kernel::line::{Line, Place};
use crate::kernel::memory::cell::FutureBase;
use crate::kernel::memory::marks::Mark;
use crate::kernel::reactor::Source;

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

/// What a task has: what every future has, and this. There may be a million of them, so what most never have is `Rare`.
#[repr(C)]
pub(crate) struct TaskCore {
    pub(crate) base: FutureBase,
    /// Taken out and put back by whoever looks.
    waiter: Cell<Waiter>,
    /// Where it was last seen: created, suspended, or asking who it is.
    pub(crate) at: Cell<&'static Location<'static>>,
    /// The task's own waker, which keeps its memory until the last handle goes.
    waker: OnceCell<ManuallyDrop<Waker>>,
}

/// What most tasks never have.
pub(crate) struct Rare {
    name: RefCell<Option<Rc<str>>>,
    /// How many cancellations beyond the first were requested and not taken back.
    more_cancels: Cell<u32>,
    /// Of the last cancellation that was to be raised at the next step; it stays when it was: `Task._cancel_message`.
    cancel_message: RefCell<Option<Arc<str>>>,
    /// Of the cancellation that has ended the present wait.
    message_of_wait: RefCell<Option<Arc<str>>>,
    /// The task's own context between its steps.
    vars: Cell<Vars>,
    /// A context object given at creation, used instead of `vars`.
    context: OnceCell<ContextObject>,
}

impl Rare {
    pub(crate) fn new() -> Self {
        Self {
            name: RefCell::default(),
            more_cancels: Cell::default(),
            cancel_message: RefCell::default(),
            message_of_wait: RefCell::default(),
            vars: Cell::default(),
            context: OnceCell::new(),
        }
    }
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
    pub(crate) fn new(base: FutureBase, at: &'static Location<'static>) -> Self {
        Self { base, waiter: Cell::new(Waiter::None), at: Cell::new(at), waker: OnceCell::new() }
    }

    pub(crate) fn keep_waker(&self, waker: Waker) {
        let is_new = self.waker.set(ManuallyDrop::new(waker)).is_ok();
        debug_assert!(is_new, "a task is completed once");
    }

    #[inline]
    pub(crate) fn waker(&self) -> &Waker {
        self.waker.get().expect("a task that somebody has is complete")
    }

    /// The waker, to be dropped by the last handle.
    pub(crate) unsafe fn take_waker(&self) -> Waker {
        // SAFETY: the caller is the last handle, and takes it once.
        ManuallyDrop::into_inner(unsafe { std::ptr::read(self.waker.get().expect("it is complete")) })
    }

    /// The loop owns the task from now on, whose creation is complete.
    #[inline]
    pub(crate) fn begin(&self, task: &AnyFuture, context: Option<ContextObject>) {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        self.base.slot.set(self.base.event_loop().tasks.register(task.object.clone(), number));
        if context.is_some() || contextvars::in_use() {
            self.begin_context(context);
        }
    }

    /// The context that it was given, or else a copy of the current one.
    #[cold]
    fn begin_context(&self, context: Option<ContextObject>) {
        match context {
            None => self.keep_vars(contextvars::current()),
            Some(context) => self.rare().context.set(context).expect("a new task has none"),
        }
    }

    /// The task is about to be over: the loop lets go of it.
    pub(crate) fn unregister(&self) {
        if let Some(number) = self.base.event_loop().tasks.unregister(self.base.slot.get()) {
            self.base.slot.set(number);
        }
    }

    pub(crate) fn waiter(&self) -> Waiter {
        let waiter = self.take_waiter();
        let copy = waiter.clone();
        self.set_waiter(waiter);
        copy
    }

    pub(crate) fn take_waiter(&self) -> Waiter {
        self.waiter.replace(Waiter::None)
    }

    /// Nothing may be borrowed: what it was may be the last handle on a future.
    #[inline]
    pub(crate) fn set_waiter(&self, waiter: Waiter) {
        drop(self.waiter.replace(waiter));
    }

    /// The same holds as for `set_waiter`.
    #[inline]
    pub(crate) fn forget_waiter(&self) {
        self.set_waiter(Waiter::None);
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
        self.base.rare().is_none() && !contextvars::in_use()
    }

    #[cold]
    fn swap_context_in(&self) -> Result<Vars, RuntimeError> {
        let vars = match self.context() {
            None => self.base.rare().and_then(|rare| rare.vars.take()),
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
        if vars.is_some() || self.base.rare().is_some() {
            self.rare().vars.set(vars);
        }
    }

    /// Calls `f` in the task's context (unless that is entered somewhere): how exception handlers hear of a task.
    pub(crate) fn in_context(&self, f: impl FnOnce()) {
        let _inside = self.enter_context();
        f();
    }

    fn context(&self) -> Option<&ContextObject> {
        self.base.rare()?.context.get()
    }

    pub(crate) fn name(&self) -> Rc<str> {
        let custom = self.base.rare().and_then(|rare| rare.name.borrow().clone());
        custom.unwrap_or_else(|| format!("Task-{}", self.number()).into())
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.rare().name.replace(Some(name.into()));
    }

    /// Names a task that was just created. CPython counts only tasks without a name of their own, so the number goes
    /// back if nobody has taken the next one since.
    pub(crate) fn name_at_creation(&self, name: &str) {
        /// Down from the end of the numbers, so that those of tasks with names are others.
        static NEXT_OF_NAMED: AtomicU32 = AtomicU32::new(u32::MAX);
        self.set_name(name);
        let number = self.number();
        let next = number.wrapping_add(1);
        let _ = NEXT_NUMBER.compare_exchange(next, number, Ordering::Relaxed, Ordering::Relaxed);
        self.set_number(NEXT_OF_NAMED.fetch_sub(1, Ordering::Relaxed));
    }

    /// The number of a default name, and what tells the task from others that are not done.
    pub(crate) fn number(&self) -> u32 {
        let slot = self.base.slot.get();
        if self.base.is_pending() { self.base.event_loop().tasks.number(slot).unwrap_or(0) } else { slot }
    }

    fn set_number(&self, number: u32) {
        if self.base.is_pending() {
            self.base.event_loop().tasks.set_number(self.base.slot.get(), number);
        } else {
            self.base.slot.set(number);
        }
    }

    #[inline]
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.base.marks.has(mark)
    }

    pub(crate) fn mark(&self, mark: Mark) {
        self.base.marks.set(mark);
    }

    pub(crate) fn unmark(&self, mark: Mark) {
        self.base.marks.unset(mark);
    }

    /// Nothing is to be done at this step but to resume the coroutine.
    #[inline]
    pub(crate) fn just_goes_on(&self) -> bool {
        self.base.marks.just_goes_on()
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
        let more = self.base.rare().map_or(0, |rare| rare.more_cancels.get());
        u32::from(self.has(Mark::Cancelling)) + more
    }

    pub(crate) fn count_cancel(&self) {
        if self.has(Mark::Cancelling) {
            let more = &self.rare().more_cancels;
            more.set(more.get().saturating_add(1));
        } else {
            self.mark(Mark::Cancelling);
        }
    }

    /// Takes a request back; gives how many are left.
    pub(crate) fn uncount_cancel(&self) -> u32 {
        match self.base.rare().filter(|rare| rare.more_cancels.get() > 0) {
            Some(rare) => rare.more_cancels.set(rare.more_cancels.get() - 1),
            None => self.unmark(Mark::Cancelling),
        }
        self.cancelling()
    }

    pub(crate) fn cancel_message(&self) -> Option<Arc<str>> {
        self.base.rare().and_then(|rare| rare.cancel_message.borrow().clone())
    }

    pub(crate) fn note_cancel_message(&self, message: Option<Arc<str>>) {
        if message.is_some() || self.base.rare().is_some() {
            self.rare().cancel_message.replace(message);
        }
    }

    /// In CPython what the task waits on has this message, and the task none.
    pub(crate) fn set_message_of_wait(&self, message: Option<Arc<str>>) {
        if message.is_some() || self.base.rare().is_some() {
            self.rare().message_of_wait.replace(message);
        }
    }

    pub(crate) fn take_message_of_wait(&self) -> Option<Arc<str>> {
        self.base.rare().and_then(|rare| rare.message_of_wait.take())
    }

    fn rare(&self) -> &Rare {
        self.base.rare().unwrap_or_else(|| self.base.make_rare())
    }
}

/// The current task's number, which no other task of the process that is not done has.
pub(crate) fn current_task_id() -> Option<u32> {
    current::with_task(|task| Some(task?.core().number()))
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
        } else if !Rc::ptr_eq(task.base().event_loop(), future.base().event_loop()) {
            format!("Task {task:?} got Future {future:?} attached to a different loop")
        } else {
            task.core().set_waiter(Waiter::Future(future.clone()));
            return Ok(());
        };
        task.core().set_waiter(Waiter::Yield);
        Err(RuntimeError::new(message).into())
    })
}
