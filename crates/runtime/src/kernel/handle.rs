//! `AnyFuture`, the counted pointer to a future of any kind, and `AnyTask`, one to a task: the life of a future, its end, and
//! what is called then. The methods for users are in `asyncio::futures` and `asyncio::tasks`.

use std::any::TypeId;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use asyncio_errors::names::short_name;
use asyncio_errors::{CancelledError, Error, ExceptionContext, InvalidStateError, Result, panic::resume_panic};

use crate::kernel::event_loop::{LoopCore, ready::Run};
use crate::kernel::memory::callbacks::{Callback, Callbacks, Registered};
use crate::kernel::memory::cell::{FutureBase, Group, GroupCell, Kind};
use crate::kernel::memory::origin::{Class, KindTag, Origin};
use crate::kernel::memory::state::State;
use crate::kernel::memory::value::{Memory, Value};
use crate::kernel::task::core::TaskCore;
use crate::kernel::task::visit::wake_visited;
use crate::kernel::watch::LoopEvent;

/// A future or task whose result has an unknown type, as `wait`, `gather` and callbacks use it.
///
/// Clones are handles of the same future; `==` compares the futures of two handles. Every [`Future`] and [`Task`](crate::Task)
/// derefs to it, so its methods are theirs.
///
/// # Examples
///
/// ```
/// use asyncio::{AnyFuture, create_task, run};
///
/// run(async {
///     let (number, text) = (create_task(async { Ok(1) }), create_task(async { Ok("one") }));
///     let both: [&AnyFuture; 2] = [&number, &text];
///     for future in both {
///         assert_eq!(*future, future.clone());
///         future.join().await?;
///         assert!(future.done() && !future.cancelled());
///     }
///     assert_eq!((number.result()?, text.result()?), (1, "one"));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct AnyFuture {
    cell: NonNull<FutureBase>,
}

/// What it points to.
impl AnyFuture {
    pub(crate) fn plain<T: 'static>(event_loop: &Rc<LoopCore>, at: Option<&'static Location<'static>>) -> Self {
        Self::boxed(event_loop, event_loop.origins.of(event_loop, Class::plain::<T>(), at), |base| base)
    }

    pub(crate) fn group(event_loop: &Rc<LoopCore>, members: Vec<AnyFuture>) -> Self {
        let group = Group { members, cancel_requested: Cell::new(false) };
        let origin = event_loop.origins.of(event_loop, Class::group(), None);
        Self::boxed(event_loop, origin, |base| GroupCell { base, group })
    }

    /// The cell is a `FutureBase` or begins with one.
    fn boxed<C>(event_loop: &Rc<LoopCore>, origin: NonNull<Origin>, cell: impl FnOnce(FutureBase) -> C) -> Self {
        let cell = NonNull::from(Box::leak(Box::new(cell(FutureBase::new(origin, State::Pending))))).cast();
        std::mem::forget(Rc::clone(event_loop));
        // SAFETY: the pointer is to the box that was just made. Test: `tests/lifetimes.rs`, under AddressSanitizer.
        let future = unsafe { Self::new(cell) };
        event_loop.tell(|| LoopEvent::FutureCreated(&future));
        future
    }

    /// # Safety
    ///
    /// `cell` points to the beginning of a cell of the kind that its class says, with its contents in place, and is good
    /// for the whole of it. This is the thread of its loop.
    #[inline]
    pub(in crate::kernel) unsafe fn new(cell: NonNull<FutureBase>) -> Self {
        // SAFETY: as the caller says.
        let refs = unsafe { &cell.as_ref().refs };
        refs.set(refs.get().checked_add(1).expect("fewer than four thousand million handles on one future"));
        Self { cell }
    }

    /// This handle as a pointer, which [`from_raw`](Self::from_raw) turns back into a handle.
    #[inline]
    pub(in crate::kernel) fn into_raw(self) -> NonNull<()> {
        ManuallyDrop::new(self).cell.cast()
    }

    /// # Safety
    ///
    /// The pointer is from `into_raw`, in this thread, and no other handle is made of it as long as this one is there.
    #[inline]
    pub(in crate::kernel) unsafe fn from_raw(handle: NonNull<()>) -> Self {
        Self { cell: handle.cast() }
    }

    #[inline]
    pub(crate) fn base(&self) -> &FutureBase {
        // SAFETY: the cell lives as long as a handle on it. Test: `tests/lifetimes.rs`, under AddressSanitizer.
        unsafe { self.cell.as_ref() }
    }

    #[inline]
    pub(crate) fn kind(&self) -> Kind<'_> {
        match self.class().tag {
            KindTag::Plain => Kind::Plain,
            // SAFETY: the class says what the cell is, and it lives as long as this handle. Test: `tests/lifetimes.rs`.
            KindTag::Task => Kind::Task(unsafe { self.as_task() }),
            // SAFETY: as above.
            KindTag::Group => Kind::Group(unsafe { &self.cell.cast::<GroupCell>().as_ref().group }),
        }
    }

    /// # Safety
    ///
    /// It is a task.
    #[inline]
    unsafe fn as_task(&self) -> &TaskCore {
        // SAFETY: as the caller says; and it lives as long as this handle.
        unsafe { self.cell.cast().as_ref() }
    }

    #[inline]
    fn class(&self) -> &Class {
        &self.base().origin().class
    }

    pub(crate) fn is(&self, other: &AnyFuture) -> bool {
        self.cell == other.cell
    }

    /// Is this the only handle of the future, except for those of waiters that are abandoned themselves?
    pub(crate) fn is_abandoned(&self, depth: u32) -> bool {
        let others = depth.checked_sub(1).and_then(|depth| self.base().handles_of_abandoned(depth));
        others.is_some_and(|others| self.base().refs.get() == 1 + others)
    }

    /// Identifies this future as long as it lives.
    pub(crate) fn address(&self) -> usize {
        self.cell.addr().get()
    }

    /// Where it was created: always known for a task, for a plain future in debug mode.
    pub(crate) fn created_at(&self) -> Option<&'static Location<'static>> {
        self.base().origin().created_at
    }

    /// Is its result a `T`?
    pub(crate) fn gives<T: 'static>(&self) -> bool {
        (self.class().value)() == TypeId::of::<T>()
    }

    /// The name of its class in Python.
    pub(crate) fn class_name(&self) -> &'static str {
        match self.class().tag {
            KindTag::Plain => "Future",
            KindTag::Task => "Task",
            KindTag::Group => "_GatheringFuture",
        }
    }

    pub(crate) fn value_name(&self) -> &'static str {
        short_name((self.class().value_name)())
    }

    /// The name of a task's coroutine function.
    pub(crate) fn coroutine_name(&self) -> &'static str {
        self.coroutine_naming()()
    }

    /// The function that extracts the name, with a search in a long text.
    pub(crate) fn coroutine_naming(&self) -> fn() -> &'static str {
        let custom = if let Kind::Task(core) = self.kind() { core.coroutine_naming() } else { None };
        custom.unwrap_or(self.class().coroutine_name)
    }

    // Waking.

    /// Queues a task's next step.
    pub(crate) fn wake(&self) {
        let Kind::Task(core) = self.kind() else { return };
        match core.waker() {
            Some(waker) => waker.wake_by_ref(),
            None => wake_visited(self, core),
        }
    }

    /// Is this the task's own waker?
    pub(crate) fn is_woken_by(&self, waker: &Waker) -> bool {
        let Kind::Task(core) = self.kind() else { return false };
        core.waker().map_or_else(|| core.is_visited_by(waker), |own| own.will_wake(waker))
    }

    // The result.

    /// Takes the result out, if it is there.
    pub(crate) fn take_value<T: 'static>(&self) -> Option<T> {
        assert!(self.gives::<T>(), "a result of the future's type");
        match self.base().replace_memory(Memory::Taken) {
            // SAFETY: results come from `finish` only, which has asked the same class for the same type. Test:
            // `values_of_all_shapes_come_back`.
            Memory::Value(value) => Some(unsafe { value.into() }),
            other => {
                self.base().put_back(other);
                None
            }
        }
    }

    /// Calls `f` with the result, which is back in its place afterwards, whatever `f` does.
    pub(crate) fn with_value<T: 'static, R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        struct PutBack<'a>(&'a FutureBase, Memory);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.put_back(std::mem::replace(&mut self.1, Memory::Taken));
            }
        }
        assert!(self.gives::<T>(), "a result of the future's type");
        let mut kept = PutBack(self.base(), self.base().replace_memory(Memory::Taken));
        f(match &mut kept.1 {
            // SAFETY: as in `take_value`.
            Memory::Value(value) => Some(unsafe { value.look() }),
            _ => None,
        })
    }
}

/// How it ends.
impl AnyFuture {
    /// Ends the future with a result of its class's type.
    pub(crate) fn finish<T: 'static>(&self, value: T) {
        assert!(self.gives::<T>(), "a result of the future's type");
        self.end(State::Finished, Memory::Value(Value::of(value)));
    }

    pub(crate) fn finish_with_error(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Failed, Memory::Error(error));
    }

    pub(crate) fn finish_cancelled(&self, message: Option<Arc<str>>) {
        let memory = message.map(|message| Memory::Error(CancelledError::from_message(Some(message)).into()));
        self.end(State::Cancelled, memory.unwrap_or(Memory::Cancelled));
    }

    /// Ends a task whose coroutine raised this cancellation.
    pub(crate) fn finish_with_cancellation(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Cancelled, Memory::Error(error));
    }

    fn end(&self, state: State, memory: Memory) {
        let kind = self.kind();
        if let Kind::Task(task) = kind {
            task.unregister();
        }
        self.base().state.set(state);
        let Memory::Callbacks(callbacks) = self.base().replace_memory(memory) else { return };
        if !matches!(kind, Kind::Task(_)) && self.base().event_loop().instrumented.get() {
            return self.notify_watched(callbacks);
        }
        self.notify_all(callbacks);
    }

    /// The observers of the loop are told first. If one panics, that is resumed after the waiters have been woken.
    #[cold]
    fn notify_watched(&self, callbacks: Callbacks) {
        let told = catch_unwind(AssertUnwindSafe(|| self.base().event_loop().tell_all(LoopEvent::FutureDone(self))));
        self.notify_all(callbacks);
        told.unwrap_or_else(|payload| resume_unwind(payload));
    }

    #[inline]
    fn notify_all(&self, callbacks: Callbacks) {
        match callbacks {
            Callbacks::None => {}
            Callbacks::One(callback) => self.notify(callback),
            Callbacks::Many(mut many) => many.drain().for_each(|callback| self.notify(callback)),
        }
    }

    #[inline]
    fn notify(&self, callback: Callback) {
        match callback {
            Callback::Wake(wake) => wake.wake(),
            Callback::Call(run, key) => self.queue(run, key),
        }
    }

    fn queue(&self, run: Rc<dyn Run>, key: u32) {
        run.completed(self);
        self.base().event_loop().call(run, key);
    }

    /// Registers a callback; on a done future it is queued at once.
    pub(crate) fn add_callback(&self, run: Rc<dyn Run>, key: u32) -> Option<Registered> {
        if self.base().is_pending() {
            return Some(self.base().add(Callback::Call(run, key)));
        }
        self.queue(run, key);
        None
    }

    /// `Ok` if it ended with a result, otherwise the error with which it ended.
    #[inline]
    pub(crate) fn outcome(&self) -> Result<()> {
        if self.base().state() == State::Finished { Ok(()) } else { Err(self.what_failed()) }
    }

    /// Why there is no result.
    fn what_failed(&self) -> Error {
        let none = || InvalidStateError::new("Result is not set.").into();
        match self.base().state() {
            State::Failed => self.base().see_error().map_or_else(none, resume_panic),
            _ => self.base().see_error().unwrap_or_else(none),
        }
    }
}

/// What happens when the last handle is dropped.
impl AnyFuture {
    #[inline(never)]
    fn release(&self) {
        let base = self.base();
        if base.is_unseen() {
            self.report_unseen_error();
        }
        debug_assert!(!base.is_pending() || !matches!(self.kind(), Kind::Task(_)), "a task is kept until it is done");
        let deep = self.may_own_others();
        if deep && base.event_loop().burials.is_deep() {
            // The count stays the same: the last handle is there instead of here.
            return base.event_loop().burials.later(Self { cell: self.cell });
        }
        // Dropped from the last to the first, also if a result panics when it is dropped: the memory, and then the reference to
        // the loop.
        // SAFETY: the reference was forgotten by `complete` or `boxed`. This is the last handle, so nothing else looks at what
        // is here. Test: `tests/lifetimes.rs`, under AddressSanitizer and LeakSanitizer.
        let event_loop = unsafe { Rc::from_raw(Rc::as_ptr(base.event_loop())) };
        let _depth = deep.then(|| event_loop.burials.begin());
        let _memory = FreeCell(self.cell, self.class().tag);
        if let (true, Some(drop_value)) = (deep, self.class().drop_value) {
            drop_value(self);
        }
    }

    /// Could it own the last handle of another future, and so on? It cannot if it has no members, no callbacks, no error and no
    /// rare data, which may keep a generator, and its result needs no drop. (A task that is done waits on nothing.)
    #[inline]
    fn may_own_others(&self) -> bool {
        let by_kind = match self.kind() {
            Kind::Plain => false,
            Kind::Task(core) => core.has_rare(),
            Kind::Group(_) => true,
        };
        by_kind
            || self.base().with_memory(|memory| match memory {
                Memory::Callbacks(Callbacks::None) | Memory::Cancelled | Memory::Taken => false,
                Memory::Value(_) => self.class().drop_value.is_some(),
                Memory::Callbacks(_) | Memory::Error(_) => true,
            })
    }

    /// Drops the result, which has its class's type.
    pub(super) fn drop_value<T: 'static>(&self) {
        drop(self.take_value::<T>());
    }

    #[cold]
    fn report_unseen_error(&self) {
        /// Its error counts as unseen until it has been reported, because the handler may be kept for that.
        struct Counted<'a>(&'a FutureBase);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.take_unseen();
            }
        }
        let base = self.base();
        let _counted = Counted(base);
        if !base.is_cancelled()
            && let Some(error) = base.peek_error()
        {
            let message = format!("{} exception was never retrieved", self.class_name());
            let context = ExceptionContext::new(message).object("future", format!("{self:?}")).exception(error);
            match self.kind() {
                Kind::Task(core) => core.in_context(|| base.event_loop().call_exception_handler(&context)),
                _ => base.event_loop().call_exception_handler(&context),
            }
        }
    }
}

/// Frees the cell of a future after the last handle has been dropped.
struct FreeCell(NonNull<FutureBase>, KindTag);

impl Drop for FreeCell {
    fn drop(&mut self) {
        // SAFETY: there is no handle any more. A box is freed as what it was made as. A task's memory is freed with its waker,
        // if nothing else has one: so that is dropped when the contents are. Test: `tests/lifetimes.rs`, under AddressSanitizer
        // and LeakSanitizer.
        unsafe {
            match self.1 {
                KindTag::Plain => drop(Box::from_raw(self.0.as_ptr())),
                KindTag::Group => drop(Box::from_raw(self.0.cast::<GroupCell>().as_ptr())),
                KindTag::Task => {
                    let core = self.0.cast::<TaskCore>().as_ptr();
                    let waker = (*core).take_waker();
                    core.drop_in_place();
                    drop(waker);
                }
            }
        }
    }
}

impl Clone for AnyFuture {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the same pointer, in the same thread.
        unsafe { Self::new(self.cell) }
    }
}

impl Drop for AnyFuture {
    #[inline]
    fn drop(&mut self) {
        let refs = &self.base().refs;
        if refs.get() == 1 {
            // Counted until the end, because a handler that gets an error may run anything.
            self.release();
        } else {
            refs.set(refs.get() - 1);
        }
    }
}

/// A task whose result has an unknown type, as [`current_task`](crate::current_task) and [`all_tasks`](crate::all_tasks) return
/// it.
///
/// Clones are handles of the same task. It derefs to [`AnyFuture`].
///
/// # Examples
///
/// ```
/// use asyncio::{Task, all_tasks, create_task, run};
///
/// run(async {
///     create_task(async { Ok(42) });
///     let newest = all_tasks()?.pop().expect("it is not done");
///     newest.join().await?; // its end, whatever its result
///     let task: Task<i32> = newest.downcast().expect("it gives a number");
///     assert_eq!(task.result()?, 42);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnyTask {
    future: AnyFuture,
}

impl AnyTask {
    /// # Panics
    ///
    /// If the future is not a task.
    pub(crate) fn from_future(future: AnyFuture) -> Self {
        assert!(matches!(future.kind(), Kind::Task(_)), "a task");
        Self { future }
    }

    pub(crate) fn into_any(self) -> AnyFuture {
        self.future
    }

    pub(crate) fn as_future(&self) -> &AnyFuture {
        &self.future
    }

    /// Where it was created.
    pub(crate) fn created_at(&self) -> &'static Location<'static> {
        self.future.created_at().expect("a task of which there are handles is complete")
    }

    #[inline]
    pub(crate) fn core(&self) -> &TaskCore {
        // SAFETY: `from_future` has asked what it is. Test: `tests/lifetimes.rs`, under AddressSanitizer.
        unsafe { self.future.as_task() }
    }
}
