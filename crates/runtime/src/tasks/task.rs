//! `Task` and what it has beyond a future: a name, a coroutine, a place where it waits, and cancellation requests.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use crate::cell::{FutureRef, TaskRef};
use crate::contextvars::{self, Context as ContextObject, Vars};
use crate::coroutines::place;
use crate::current;
use crate::error::{Error, Result};
use crate::events::EventLoop;
use crate::exceptions::RuntimeError;
use crate::futures::{AnyFuture, Await, CallbackKey, Future};
use crate::loop_core;
use crate::reactor::Source;
use crate::report::{self, ExceptionContext};
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

    fn set_name(&self, name: &str) {
        self.rare().name.replace(Some(name.into()));
    }

    /// Names a task that was just created. CPython counts only tasks without a name of their own, so the number goes
    /// back if nobody has taken the next one since.
    fn name_at_creation(&self, name: &str) {
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

/// A task of which the result's type is not known: what [`current_task`] and [`all_tasks`] give.
///
/// Clones are handles on the same task. It derefs to [`AnyFuture`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnyTask {
    task: TaskRef,
}

impl AnyTask {
    /// The caller vouches that the object is a task.
    pub(crate) fn from_object(object: FutureRef) -> Self {
        Self { task: TaskRef::new(object) }
    }

    /// Where it was created.
    pub(crate) fn created_at(&self) -> &'static Location<'static> {
        self.object.created_at().expect("a task that somebody has is complete")
    }

    #[inline]
    pub(crate) fn core(&self) -> &TaskCore {
        self.task.core()
    }

    /// The task's name, `Task-N` unless one was given. N counts over the whole process.
    #[must_use]
    pub fn get_name(&self) -> Rc<str> {
        self.core().name()
    }

    /// Gives the task another name.
    pub fn set_name(&self, name: impl fmt::Display) {
        self.core().set_name(&name.to_string());
    }

    /// How many cancellations were requested and not taken back by [`uncancel`](Self::uncancel).
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.core().cancelling()
    }

    /// Takes one cancellation request back; gives how many are left. For code that has caught a cancellation and means
    /// to go on, as `timeout` and `TaskGroup` do. (3.13: at zero, a request not delivered yet is dropped.)
    pub fn uncancel(&self) -> u32 {
        let core = self.core();
        let left = core.cancels.get().saturating_sub(1);
        core.cancels.set(left);
        if left == 0 && core.pending_cancel() == PendingCancel::Must {
            core.set_pending_cancel(PendingCancel::None);
        }
        u32::from(left)
    }

    /// The task's coroutine, as far as it can be looked at: its name, and where the task was created.
    #[must_use]
    pub fn get_coro(&self) -> CoroutineRef {
        CoroutineRef {
            name: self.object.coroutine_name(),
            defined_at: self.created_at(),
            address: self.object.address(),
        }
    }

    /// Where the task waits: one frame, the innermost await, for a suspended task; empty for one that is done. (A failed
    /// task has no traceback in Rust, so its stack is empty too.)
    #[must_use]
    pub fn get_stack(&self) -> Vec<Frame> {
        if self.done() {
            return Vec::new();
        }
        let core = self.core();
        let at = core.at.get();
        vec![Frame { file: at.file(), line: at.line(), function: self.object.coroutine_name() }]
    }

    /// Writes the stack to standard error: `task.print_stack()`.
    pub fn print_stack(&self) {
        eprint!("{}", self.format_stack());
    }

    /// What [`print_stack`](Self::print_stack) writes.
    #[must_use]
    pub fn format_stack(&self) -> String {
        let stack = self.get_stack();
        if stack.is_empty() {
            let exception = match self.as_any().base().peek_error() {
                Some(error) if !self.cancelled() => format!("{error:?}\n"),
                _ => String::new(),
            };
            return format!("No stack for {self:?}\n{exception}");
        }
        let mut text = format!("Stack for {self:?} (most recent call last):\n");
        for frame in stack {
            text += &format!("{frame}\n");
        }
        text
    }

    /// Drops the coroutine where it stands, without a chance to clean up beyond its destructors: the way of tokio and
    /// smol, for futures that do not know about cancellation. The task ends cancelled. False if it was done.
    pub fn abort(&self) -> bool {
        if self.done() {
            return false;
        }
        self.core().mark(Mark::Aborted);
        self.object.wake();
        true
    }

    /// The task with the type of its result, if it is a `T`.
    #[must_use]
    pub fn downcast<T: 'static>(&self) -> Option<Task<T>> {
        self.object.gives::<T>().then(|| Task::from_any(self.as_any().clone()))
    }

    /// This task as a future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        self.task.as_future()
    }

    /// Runs `f` with this task once it is done; see [`AnyFuture::add_done_callback`].
    pub fn add_done_callback(&self, f: impl FnOnce(&AnyTask) + 'static) -> CallbackKey {
        self.as_any().add_named_callback(f, |any| AnyTask::from_object(any.object.clone()))
    }
}

impl Deref for AnyTask {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        self.task.as_future()
    }
}

impl AsRef<AnyFuture> for AnyTask {
    fn as_ref(&self) -> &AnyFuture {
        self.task.as_future()
    }
}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_any().fmt(f)
    }
}

/// A coroutine that the loop runs by itself: `asyncio.Task`.
///
/// Made by [`create_task`](crate::create_task); it runs whatever becomes of the handle. Clones are handles on the same
/// task. It is a [`Future`], so it can be asked and awaited like one: `task.await` takes the result, `(&task).await`
/// clones it and can be repeated.
///
/// # Cancellation
///
/// [`cancel`](AnyFuture::cancel) makes a `CancelledError` come out of the await at which the task waits, at its next
/// step. Passed on with `?` it ends the task *cancelled*; the task may also catch it, clean up (and await while doing
/// so), or refuse and go on. A task cancelled before its first step never runs a line. Cancelling a task that awaits
/// another task cancels that one; a foreign future (one that this crate does not know) is let finish, unless it is
/// wrapped in [`cancellable`](crate::cancellable). [`abort`](AnyTask::abort) is Rust's way: drop.
///
/// # Errors
///
/// Awaiting gives what the coroutine raised, a `CancelledError` if the task was cancelled, and a `RuntimeError` if the
/// result was taken before. If the coroutine panicked, the panic goes on in whoever awaits it.
pub struct Task<T> {
    future: Future<T>,
    task: PhantomData<fn() -> T>,
}

impl<T: 'static> Task<T> {
    /// The caller vouches that it is a task with a result of type `T`.
    pub(crate) fn from_any(any: AnyFuture) -> Self {
        Self { future: Future::from_any(any), task: PhantomData }
    }

    /// Names the task and gives it back: `create_task(coro(), name="…")`.
    #[must_use = "the handle may be dropped, but say so with `let _ =` or `drop`"]
    pub fn named(self, name: impl fmt::Display) -> Self {
        self.as_task().core().name_at_creation(&name.to_string());
        self
    }

    /// This task without the type of its result, as [`current_task`] and [`all_tasks`] give it.
    #[must_use]
    pub fn as_task(&self) -> AnyTask {
        AnyTask::from_object(self.object.clone())
    }

    /// This task as the future that it is.
    #[must_use]
    pub fn as_future(&self) -> &Future<T> {
        &self.future
    }

    /// See [`AnyTask::get_name`].
    #[must_use]
    pub fn get_name(&self) -> Rc<str> {
        self.as_task().get_name()
    }

    /// See [`AnyTask::set_name`].
    pub fn set_name(&self, name: impl fmt::Display) {
        self.as_task().set_name(name);
    }

    /// See [`AnyTask::cancelling`].
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.as_task().cancelling()
    }

    /// See [`AnyTask::uncancel`].
    pub fn uncancel(&self) -> u32 {
        self.as_task().uncancel()
    }

    /// See [`AnyTask::get_coro`].
    #[must_use]
    pub fn get_coro(&self) -> CoroutineRef {
        self.as_task().get_coro()
    }

    /// See [`AnyTask::get_stack`].
    #[must_use]
    pub fn get_stack(&self) -> Vec<Frame> {
        self.as_task().get_stack()
    }

    /// See [`AnyTask::print_stack`].
    pub fn print_stack(&self) {
        self.as_task().print_stack();
    }

    /// See [`AnyTask::format_stack`].
    #[must_use]
    pub fn format_stack(&self) -> String {
        self.as_task().format_stack()
    }

    /// See [`AnyTask::abort`].
    pub fn abort(&self) -> bool {
        self.as_task().abort()
    }

    /// Runs `f` with this task once it is done; see [`AnyFuture::add_done_callback`].
    pub fn add_done_callback(&self, f: impl FnOnce(&Task<T>) + 'static) -> CallbackKey {
        self.as_any().add_named_callback(f, |any| Task::from_any(any.clone()))
    }
}

impl<T> Clone for Task<T> {
    fn clone(&self) -> Self {
        Self { future: self.future.clone(), task: PhantomData }
    }
}

impl<T> Deref for Task<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.future
    }
}

impl<T> AsRef<AnyFuture> for Task<T> {
    fn as_ref(&self) -> &AnyFuture {
        &self.future
    }
}

impl<T> PartialEq for Task<T> {
    fn eq(&self, other: &Self) -> bool {
        self.future == other.future
    }
}

impl<T> Eq for Task<T> {}

impl<T> std::hash::Hash for Task<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.future.hash(state);
    }
}

impl<T> PartialEq<AnyTask> for Task<T> {
    fn eq(&self, other: &AnyTask) -> bool {
        AsRef::<AnyFuture>::as_ref(self) == other.as_any()
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}

impl<T: 'static> IntoFuture for Task<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.future, Future::take_result, Location::caller())
    }
}

impl<T: Clone + 'static> IntoFuture for &Task<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.future.clone(), Future::result, Location::caller())
    }
}

/// What can be seen of a task's coroutine; prints as `<coroutine object main at 0x…>`.
#[derive(Clone, Copy)]
pub struct CoroutineRef {
    name: &'static str,
    defined_at: &'static Location<'static>,
    address: usize,
}

impl CoroutineRef {
    /// The name of the coroutine function.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the task was created: the closest to a place of definition that a future has.
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.defined_at
    }
}

impl fmt::Debug for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<coroutine object {} at {:#x}>", self.name, self.address)
    }
}

impl fmt::Display for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A place where a task waits; prints as a line of a traceback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The source file.
    pub file: &'static str,
    /// The line in it, from 1.
    pub line: u32,
    /// The name of the coroutine function.
    pub function: &'static str,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  File \"{}\", line {}, in {}", self.file, self.line, self.function)
    }
}

/// The task that runs now, or `None` in a callback of the loop: `asyncio.current_task()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
#[track_caller]
pub fn current_task() -> Result<Option<AnyTask>, RuntimeError> {
    loop_core::running_loop()?;
    let at = Location::caller();
    Ok(current::with_task(|task| {
        let task = task?;
        task.core().at.set(at);
        Some(task.clone())
    }))
}

/// The tasks of the running loop that are not done, in the order of their creation: `asyncio.all_tasks()`.
///
/// # Errors
///
/// `RuntimeError: no running event loop`.
#[track_caller]
pub fn all_tasks() -> Result<Vec<AnyTask>, RuntimeError> {
    let core = loop_core::running_loop()?;
    let at = Location::caller();
    current::with_task(|task| task.map(|task| task.core().at.set(at)));
    Ok(tasks_of(&core.tasks()))
}

impl EventLoop {
    /// The tasks of this loop that are not done, in the order of their creation: `asyncio.all_tasks(loop)`.
    #[must_use]
    pub fn all_tasks(&self) -> Vec<AnyTask> {
        tasks_of(&self.core().tasks())
    }
}

fn tasks_of(objects: &[FutureRef]) -> Vec<AnyTask> {
    objects.iter().map(|object| AnyTask::from_object(object.clone())).filter(|task| !task.done()).collect()
}

/// The loop closes: every task that is left is reported and told to drop its coroutine at its last step.
pub(crate) fn destroy_all(objects: &[FutureRef]) {
    for task in tasks_of(objects) {
        let core = task.core();
        let context =
            ExceptionContext::new("Task was destroyed but it is pending!").object("task", format!("{task:?}"));
        core.in_context(|| task.base().event_loop.call_exception_handler(&context));
        // One that the handler, or somebody before, has aborted is dropped by intent.
        if !core.has(Mark::Started) && !core.has(Mark::Aborted) {
            let (at, name) = (place(task.created_at()), task.object.coroutine_name());
            report::warn(&format!("{at}: RuntimeWarning: coroutine '{name}' was never awaited"));
        }
        task.abort();
    }
}

/// A panic that was caught in a task and waits for whoever awaits it.
pub(crate) struct TaskPanic {
    message: String,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl TaskPanic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { message: report::panic_message(&*payload).to_owned(), payload: Mutex::new(Some(payload)) }
    }
}

/// Goes on with the panic if the error is one; its message is left for those who come later.
pub(crate) fn resume_panic(error: Error) -> Error {
    if error.is_cancelled() {
        return error;
    }
    if let Some(panic) = error.downcast_ref::<TaskPanic>() {
        let payload = panic.payload.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(payload) = payload {
            std::panic::resume_unwind(payload);
        }
    }
    error
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task panicked: {}", self.message)
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskPanic({:?})", self.message)
    }
}

impl StdError for TaskPanic {}
