//! The part of a task beyond its future: its blocker, its pending requests, its name and its context, and the notes of a wait
//! that starts.
//!
//! There may be a million tasks, so rare data is in a separate box, made when it is needed.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Write as _;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use asyncio_collections::takers::Stamp;
use asyncio_contextvars::{self as contextvars, Context as ContextObject, Vars};
use asyncio_errors::escape::{Escape, Lines};
use asyncio_errors::{Error, Result, RuntimeError};

use crate::kernel::event_loop::current;
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::cell::FutureBase;
use crate::kernel::memory::state::{PendingCancel, State};
use crate::kernel::task::blocker::BlockedOn;
use crate::kernel::task::visit::Visit;

/// The cell of a task. It begins with its base, so that a pointer to the base is a pointer to the whole.
#[repr(C)]
pub(crate) struct TaskCore {
    pub(crate) base: FutureBase,
    rare: OnceCell<Box<Rare>>,
    blocked_on: Cell<BlockedOn>,
    /// Its last known location: where it was created, was suspended, or asked for the current task.
    pub(crate) at: Cell<&'static Location<'static>>,
    /// The task's own waker, which keeps its memory until the last handle is dropped. A visit takes it for its duration.
    waker: Cell<Option<Waker>>,
}

/// What most tasks never have.
#[derive(Default)]
struct Rare {
    name: RefCell<Option<Rc<str>>>,
    /// The message of the last cancellation that was to be raised at the next step. It stays after that:
    /// `Task._cancel_message`.
    cancel_message: RefCell<Option<Arc<str>>>,
    /// The message of the cancellation that has ended the current wait.
    message_of_wait: RefCell<Option<Arc<str>>>,
    /// The task's own context between its steps.
    vars: Cell<Vars>,
    /// A context object given at creation, used instead of `vars`.
    context: OnceCell<ContextObject>,
    /// The name of its coroutine, if that differs from its type's.
    coroutine: Cell<Option<fn() -> &'static str>>,
    /// See `kernel/task/visit`.
    visit: Cell<Option<Visit>>,
    /// What lives as long as the task; see [`TaskCore::keep`].
    kept: Cell<Option<Box<dyn std::any::Any>>>,
}

/// As long as it lives, the task's context is the current one, if it could be entered.
pub(crate) struct InContext<'a> {
    core: Option<&'a TaskCore>,
    /// The context that was current before.
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
        Self {
            base,
            rare: OnceCell::new(),
            blocked_on: Cell::new(BlockedOn::Nothing),
            at: Cell::new(at),
            waker: Cell::new(None),
        }
    }

    pub(crate) fn keep_waker(&self, waker: Waker) {
        // There was no waker before, so there is nothing to drop.
        std::mem::forget(self.waker.replace(Some(waker)));
    }

    /// A copy of the waker's words, for one call; `None` during a visit.
    #[inline]
    pub(crate) fn waker(&self) -> Option<ManuallyDrop<Waker>> {
        // SAFETY: the reference is gone when this returns, and nothing changes the waker before. What is called by the copy may begin
        // a visit, which moves the waker, so it is none by reference. It is good as long as there is a handle on the task: until
        // then the waker is here, or in a visit. Test: `crates/scope/tests/suite`, under AddressSanitizer.
        unsafe { (*self.waker.as_ptr()).as_ref().map(|waker| ManuallyDrop::new(ptr::read(waker))) }
    }

    pub(crate) fn take_waker(&self) -> Option<Waker> {
        self.waker.take()
    }

    pub(super) fn visit(&self) -> &Cell<Option<Visit>> {
        &self.make_rare().visit
    }

    /// Is the task being visited, and does this waker wake it?
    pub(crate) fn is_visited_by(&self, waker: &Waker) -> bool {
        self.rare().and_then(|rare| rare.visit.get()).is_some_and(|visit| visit.wakes == waker.data())
    }

    /// The function that returns the name of its coroutine function, if that differs from its type's.
    pub(crate) fn coroutine_naming(&self) -> Option<fn() -> &'static str> {
        self.rare()?.coroutine.get()
    }

    pub(crate) fn set_coroutine_naming(&self, name: fn() -> &'static str) {
        self.make_rare().coroutine.set(Some(name));
    }

    /// Keeps a value as long as the task, as a task of CPython keeps its coroutine.
    pub(crate) fn keep(&self, value: impl std::any::Any) {
        self.make_rare().kept.set(Some(Box::new(value)));
    }

    /// Hands the task, whose creation is complete, to its loop.
    #[inline]
    pub(crate) fn begin(&self, task: &AnyFuture, context: Option<ContextObject>) {
        note_making();
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        self.base.slot.set(self.base.event_loop().tasks.register(task.clone(), number));
        if context.is_some() || contextvars::in_use() {
            self.begin_context(context);
        }
    }

    /// The context that it was given, or else a copy of the current one.
    #[cold]
    fn begin_context(&self, context: Option<ContextObject>) {
        match context {
            None => self.keep_vars(contextvars::current()),
            Some(context) => self.make_rare().context.set(context).expect("a new task has none"),
        }
    }

    /// Removes the task, which is about to be done, from its loop.
    pub(crate) fn unregister(&self) {
        if let Some(number) = self.base.event_loop().tasks.unregister(self.base.slot.get()) {
            self.base.slot.set(number);
        }
    }

    // What it waits on.

    /// `f` must not call what a user could have written.
    #[inline]
    fn look<R>(&self, f: impl FnOnce(&BlockedOn) -> R) -> R {
        // SAFETY: nothing changes it during the look, which calls nothing that begins or ends a wait. Test: `tests/foreign.rs`,
        // under AddressSanitizer.
        f(unsafe { &*self.blocked_on.as_ptr() })
    }

    pub(crate) fn blocked_on(&self) -> BlockedOn {
        self.look(BlockedOn::clone)
    }

    /// The future that it awaits, if its blocker is one.
    pub(crate) fn awaited(&self) -> Option<AnyFuture> {
        self.look(BlockedOn::future)
    }

    /// Does it wait for a future, or in a line?
    pub(crate) fn may_wait_for_tasks(&self) -> bool {
        self.look(|blocked_on| matches!(blocked_on, BlockedOn::Future(_) | BlockedOn::Line(..)))
    }

    /// Does it wait for a future of another crate, or for nothing that is known?
    pub(crate) fn may_wait_for_others(&self) -> bool {
        self.look(|blocked_on| matches!(blocked_on, BlockedOn::Nothing | BlockedOn::Turn | BlockedOn::Foreign(_)))
    }

    /// Must be called while nothing is borrowed: the old blocker may be the last handle of a future.
    #[inline]
    pub(crate) fn set_blocked_on(&self, blocked_on: BlockedOn) {
        drop(self.blocked_on.replace(blocked_on));
    }

    /// Like `set_blocked_on`, for a wait that the task starts, alone or beside another.
    #[inline]
    fn begin_wait(&self, blocked_on: BlockedOn) {
        self.base.waits_on_several.set(!matches!(self.blocked_on.replace(blocked_on), BlockedOn::Nothing));
    }

    // Its context.

    /// Makes the task's context the current one until the guard is dropped. An error says why it could not.
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

    /// Every context is empty, and the task was not created with one.
    #[inline]
    fn has_no_context(&self) -> bool {
        self.rare().is_none() && !contextvars::in_use()
    }

    #[cold]
    fn swap_context_in(&self) -> Result<Vars, RuntimeError> {
        let vars = match self.context() {
            None => self.rare().and_then(|rare| rare.vars.take()),
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
        if vars.is_some() || self.rare().is_some() {
            self.make_rare().vars.set(vars);
        }
    }

    /// Calls `f` in the task's context (unless that is entered elsewhere), as exception handlers are called for a task.
    pub(crate) fn in_context(&self, f: impl FnOnce()) {
        let _inside = self.enter_context();
        f();
    }

    fn context(&self) -> Option<&ContextObject> {
        self.rare()?.context.get()
    }

    pub(crate) fn name(&self) -> Rc<str> {
        let custom = self.rare().and_then(|rare| rare.name.borrow().clone());
        custom.unwrap_or_else(|| format!("Task-{}", self.number()).into())
    }

    /// The name for a report, on one line, because every line of a report must be ours.
    pub(crate) fn shown_name(&self) -> String {
        let mut name = String::new();
        let _ = write!(Escape(&mut name, Lines::Escape), "{}", self.name());
        name
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.make_rare().name.replace(Some(name.into()));
    }

    /// Names a task that was just created. CPython numbers only tasks without a name of their own, so the number is given
    /// back unless the next one has been taken since.
    pub(crate) fn name_at_creation(&self, name: &str) {
        /// Counts down from the largest number, so that named tasks have numbers of their own.
        static NEXT_OF_NAMED: AtomicU32 = AtomicU32::new(u32::MAX);
        self.set_name(name);
        let number = self.number();
        let next = number.wrapping_add(1);
        let _ = NEXT_NUMBER.compare_exchange(next, number, Ordering::Relaxed, Ordering::Relaxed);
        let tasks = &self.base.event_loop().tasks;
        tasks.set_number(self.base.slot.get(), NEXT_OF_NAMED.fetch_sub(1, Ordering::Relaxed));
    }

    /// The number of a default name, which also identifies the task among all that are not done.
    pub(crate) fn number(&self) -> u32 {
        let slot = self.base.slot.get();
        if self.base.is_pending() { self.base.event_loop().tasks.number(slot).unwrap_or(0) } else { slot }
    }

    /// The task as it is now; see `Stamp`.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { number: self.number(), made: self.base.made.get() }
    }

    // Steps and cancellations.

    /// Does this step only have to resume the coroutine?
    #[inline]
    pub(crate) fn just_goes_on(&self) -> bool {
        self.base.state() == State::Pending && !self.pending_cancel().is_due()
    }

    /// Is nothing left to do at the end of this step, because the task waits on something that this crate knows?
    #[inline]
    pub(crate) fn just_waits(&self) -> bool {
        let quiet = self.base.state() == State::Pending && self.pending_cancel() == PendingCancel::None;
        quiet && !self.is_blocked_on_nothing()
    }

    #[inline]
    pub(crate) fn is_blocked_on_nothing(&self) -> bool {
        self.look(|blocked_on| matches!(blocked_on, BlockedOn::Nothing))
    }

    /// Marks the task as having taken its first step.
    pub(crate) fn start(&self) {
        if self.base.state() == State::New {
            self.base.state.set(State::Pending);
        }
    }

    #[inline]
    pub(crate) fn pending_cancel(&self) -> PendingCancel {
        self.base.pending_cancel.get()
    }

    #[inline]
    pub(crate) fn set_pending_cancel(&self, pending: PendingCancel) {
        self.base.pending_cancel.set(pending);
    }

    /// Adds to the requests to cancel, or takes one back; returns how many are left.
    pub(crate) fn count_cancels(&self, change: i16) -> u32 {
        let cancelling = &self.base.cancelling;
        cancelling.set(cancelling.get().saturating_add_signed(change));
        cancelling.get().into()
    }

    pub(crate) fn cancel_message(&self) -> Option<Arc<str>> {
        self.rare().and_then(|rare| rare.cancel_message.borrow().clone())
    }

    pub(crate) fn note_cancel_message(&self, message: Option<Arc<str>>) {
        if message.is_some() || self.rare().is_some() {
            self.make_rare().cancel_message.replace(message);
        }
    }

    /// In CPython the future that the task waits on has this message, and the task has none.
    pub(crate) fn set_message_of_wait(&self, message: Option<Arc<str>>) {
        if message.is_some() || self.rare().is_some() {
            self.make_rare().message_of_wait.replace(message);
        }
    }

    pub(crate) fn take_message_of_wait(&self) -> Option<Arc<str>> {
        self.rare().and_then(|rare| rare.message_of_wait.take())
    }

    // What most tasks never have.

    pub(crate) fn has_rare(&self) -> bool {
        self.rare.get().is_some()
    }

    #[inline]
    fn rare(&self) -> Option<&Rare> {
        self.rare.get().map(|rare| &**rare)
    }

    #[cold]
    fn make_rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }
}

/// Notes that the current task makes a task or a callback.
#[inline]
pub(crate) fn note_making() {
    current::with_task(|task| task.iter().for_each(|task| task.base().made.update(|made| made.wrapping_add(1))));
}

/// The current task's number, unique among all tasks of the process that are not done.
pub(crate) fn current_task_id() -> Option<u32> {
    current::with_task(|task| Some(task?.core().number()))
}

/// Notes what the current task waits on, and where in its code.
#[inline]
pub(crate) fn wait_on(blocked_on: BlockedOn, at: &'static Location<'static>) {
    current::with_task(|task| {
        if let Some(task) = task {
            task.core().at.set(at);
            task.core().begin_wait(blocked_on);
        }
    });
}

/// Notes that the current task keeps waiting at the same location.
pub(crate) fn keep_waiting_on(blocked_on: BlockedOn) {
    if let Some(at) = current::with_task(|task| Some(task?.core().at.get())) {
        wait_on(blocked_on, at);
    }
}

/// Notes that the current task awaits `future`. If it must not, it only yields, and the returned error is for its next step.
pub(crate) fn wait_on_future(future: &AnyFuture, at: &'static Location<'static>) -> Result<(), Error> {
    current::with_task(|task| {
        let Some(task) = task else { return Ok(()) };
        // Noted first, because the message of a refusal contains the task's location, which is here.
        task.core().at.set(at);
        let message = if task.is(future) {
            format!("Task cannot await on itself: {future:?}")
        } else if !Rc::ptr_eq(task.base().event_loop(), future.base().event_loop()) {
            format!("Task {task:?} got Future {future:?} attached to a different loop")
        } else {
            task.core().begin_wait(BlockedOn::Future(future.clone()));
            return Ok(());
        };
        task.core().set_blocked_on(BlockedOn::Turn);
        Err(RuntimeError::new(message).into())
    })
}
