//! The memory of futures: what every future begins with (`FutureBase`), and the counted pointer to one (`FutureRef`).
//!
//! A plain future and a group are a box each. A task is one allocation with its coroutine: its cell is the metadata that
//! async-task keeps beside the future it polls. One thin pointer serves all three. What makes that sound:
//!
//! - A cell belongs to the thread of its loop. `FutureRef` is neither `Send` nor `Sync`, and counts without atomics.
//! - A task's cell keeps a waker of the task, and with it the allocation, until the last `FutureRef` goes. Only then, in
//!   the loop's thread, the cell's contents are dropped; the allocation itself goes with the last waker, wherever it is.
//!   The waker is kept as the difference of two addresses, because that is the same for all tasks of an origin.
//! - The loop's registry holds a `FutureRef` from the task's making until it is over. So where there is an
//!   `async_task::Runnable`, of which there is never more than one, the contents are there: async-task makes none for a task
//!   that is over.
//! - Other threads see a task as a waker, and for a moment as the runnable that waking gives them. With that they reach one
//!   word of the cell, [`TaskMemory::shared`]. A waker alone leads to nothing in it.
//!
//! Most of the crate's `unsafe` is here: two allocations a task and fat pointers to them cost a third of its memory.

use std::any::TypeId;
use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use crate::coroutines::short_name;
use crate::futures::AnyFuture;
use crate::loop_core::LoopCore;
use crate::memory::{Memory, NOBODY, State};
use crate::origin::{Class, Origin, Sort, TaskOrigin};
use crate::remote::Shared;
use crate::report::ExceptionContext;
use crate::tasks::TaskCore;

/// What every future has, whatever its result.
pub(crate) struct FutureBase {
    refs: Cell<u32>,
    pub(crate) state: Cell<State>,
    /// The error has not been seen by anybody yet: to be reported when the future goes, unless it is a cancellation.
    pub(crate) unseen: Cell<bool>,
    /// Known in full when a task's creation is complete.
    origin: Cell<&'static Origin>,
    /// Taken out and put back by whoever looks: no code of others runs in between.
    pub(crate) memory: Cell<Memory>,
    pub(crate) event_loop: Rc<LoopCore>,
}

impl FutureBase {
    #[inline]
    fn new(origin: &'static Origin, event_loop: Rc<LoopCore>) -> Self {
        Self {
            refs: Cell::new(0),
            state: Cell::new(State::Pending),
            unseen: Cell::new(false),
            origin: Cell::new(origin),
            memory: Cell::new(NOBODY),
            event_loop,
        }
    }
}

/// What sort of future a cell is, with what only that sort has.
pub(crate) enum Kind<'a> {
    Plain,
    Task(&'a TaskCore),
    /// Several futures as one: cancelling it cancels them.
    Group(&'a Group),
}

/// The children of a gathering future.
pub(crate) struct Group {
    pub(crate) children: Vec<AnyFuture>,
    pub(crate) cancel_requested: Cell<bool>,
}

/// The cells with more than the base begin with it, so that a pointer to the one is a pointer to the other.
#[repr(C)]
struct GroupCell {
    base: FutureBase,
    group: Group,
}

#[repr(C)]
struct TaskCell {
    base: FutureBase,
    core: TaskCore,
}

/// A task's cell as async-task's metadata. Its contents go with the last [`FutureRef`], in the loop's thread, so dropping
/// it (with the last waker, in any thread) does nothing.
pub(crate) struct TaskMemory(UnsafeCell<ManuallyDrop<TaskCell>>);

/// There may be a million idle tasks: what a new field costs should be noticed.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<TaskMemory>() == 96 && size_of::<FutureBase>() == 48);

// SAFETY: other threads can do two things with a `TaskMemory`: drop it, which does nothing, and call `shared`, which says
// why it may. (`handle` asks for a `LoopCore`, which is not `Sync`.) Everything else goes through a `FutureRef`, which
// stays in the loop's thread.
unsafe impl Send for TaskMemory {}
// SAFETY: as above.
unsafe impl Sync for TaskMemory {}

impl TaskMemory {
    /// The cell of a task; `origin` says of what coroutine, and with what result.
    #[inline]
    pub(crate) fn new(origin: &'static Origin, event_loop: Rc<LoopCore>, core: TaskCore) -> Self {
        let base = FutureBase::new(origin, event_loop);
        Self(UnsafeCell::new(ManuallyDrop::new(TaskCell { base, core })))
    }

    /// A handle on the task, for which its loop is asked: who has that is in its thread.
    pub(crate) fn handle(&self, event_loop: &LoopCore) -> FutureRef {
        assert!(self.belongs_to(event_loop), "a task of this loop");
        let cell: *mut ManuallyDrop<TaskCell> = self.0.get();
        // `ManuallyDrop` is transparent, and the cell begins with its base.
        let base = NonNull::new(cell.cast::<FutureBase>()).expect("a place in memory");
        // SAFETY: `self` is borrowed, so the memory is there; the pointer comes from the `UnsafeCell`, so it is good for
        // the whole cell. The contents are there, see `shared`.
        unsafe { FutureRef::new(base) }
    }

    /// A handle on the task, if this is the thread of its loop.
    pub(crate) fn handle_in_its_thread(&self) -> Option<FutureRef> {
        if !self.shared().is_in_this_thread() {
            return None;
        }
        // SAFETY: as this is the thread of its loop, the whole of that may be looked at.
        Some(self.handle(unsafe { &*self.event_loop() }))
    }

    /// The part of the loop that other threads may touch.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        // SAFETY: the contents are there, see `event_loop`, and so is the `LoopCore` that they own a share of. Of it, one word
        // is read, which nobody writes again while it lives.
        unsafe { &(*self.event_loop()).shared }
    }

    /// Where its loop is; only its thread may look at more there than `shared`.
    fn event_loop(&self) -> *const LoopCore {
        let cell: *const TaskCell = self.0.get().cast();
        // SAFETY: whoever has a reference to a `TaskMemory` is about to make the task's future, or has it from a runnable
        // (async-task's `Task`, the third way, is detached at once). The contents are there in both cases. Only one word is
        // read, which nobody writes again while they live; of the `Rc`, which is not `Sync`, nothing but its pointer is used.
        unsafe { Rc::as_ptr(&(*cell).base.event_loop) }
    }

    /// Is it a task of this loop?
    pub(crate) fn belongs_to(&self, event_loop: &LoopCore) -> bool {
        ptr::eq(self.event_loop(), event_loop)
    }
}

/// A counted pointer to a future of any sort.
pub(crate) struct FutureRef(NonNull<FutureBase>);

impl FutureRef {
    pub(crate) fn plain<T: 'static>(event_loop: Rc<LoopCore>) -> Self {
        Self::boxed(FutureBase::new(Origin::plain::<T>(), event_loop))
    }

    pub(crate) fn group(event_loop: Rc<LoopCore>, children: Vec<AnyFuture>) -> Self {
        let base = FutureBase::new(Origin::group(), event_loop);
        Self::boxed(GroupCell { base, group: Group { children, cancel_requested: Cell::new(false) } })
    }

    /// `cell` is a `FutureBase` or begins with one.
    fn boxed<C>(cell: C) -> Self {
        let base = NonNull::from(Box::leak(Box::new(cell))).cast();
        // SAFETY: the pointer is to the box that was just made.
        unsafe { Self::new(base) }
    }

    /// # Safety
    ///
    /// `base` points to the beginning of a cell of the sort that its class says, with its contents in place, and is good
    /// for the whole of it. This is the thread of its loop.
    unsafe fn new(base: NonNull<FutureBase>) -> Self {
        // SAFETY: as the caller says.
        let refs = unsafe { &base.as_ref().refs };
        refs.set(refs.get().checked_add(1).expect("fewer than four thousand million handles on one future"));
        Self(base)
    }

    /// This handle as a pointer, which somebody has to make a handle again ([`from_raw`](Self::from_raw)).
    #[inline]
    pub(crate) fn into_raw(self) -> NonNull<()> {
        ManuallyDrop::new(self).0.cast()
    }

    /// # Safety
    ///
    /// The pointer is from `into_raw`, in this thread, and no other handle is made of it as long as this one is there.
    #[inline]
    pub(crate) unsafe fn from_raw(handle: NonNull<()>) -> Self {
        Self(handle.cast())
    }

    pub(crate) fn kind(&self) -> Kind<'_> {
        match self.class().sort {
            Sort::Plain => Kind::Plain,
            // SAFETY: the class says what the cell is, and it lives as long as this handle.
            Sort::Task => Kind::Task(unsafe { &self.0.cast::<TaskCell>().as_ref().core }),
            // SAFETY: as above.
            Sort::Group => Kind::Group(unsafe { &self.0.cast::<GroupCell>().as_ref().group }),
        }
    }

    /// The creation of a task is complete: from now on it can be woken. The waker keeps its memory.
    pub(crate) fn complete(&self, waker: Waker, created_at: &'static Location<'static>) {
        let task = TaskOrigin::new(created_at, &waker, self.address());
        self.origin.set(self.event_loop.origins.of_task(self.origin.get(), task));
        // For `waker`, which finds its way back by the address alone.
        let _ = waker.data().expose_provenance();
        std::mem::forget(waker);
    }

    /// The waker of a task, whose creation must be complete, not counted.
    fn waker(&self) -> Option<ManuallyDrop<Waker>> {
        let task = self.origin.get().task?;
        let data = ptr::with_exposed_provenance(self.address().wrapping_sub(task.offset));
        // SAFETY: `complete` has forgotten a waker that had this table, and its data at this distance from the cell: the
        // origin, which says so, was chosen by both. That waker is dropped by `release` only, as the last.
        Some(ManuallyDrop::new(unsafe { Waker::new(data, task.waker) }))
    }

    /// Queues a task's next step.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker() {
            waker.wake_by_ref();
        }
    }

    /// Is this the task's own waker?
    pub(crate) fn is_woken_by(&self, waker: &Waker) -> bool {
        self.waker().is_some_and(|own| own.will_wake(waker))
    }

    /// Where a task was created.
    pub(crate) fn created_at(&self) -> Option<&'static Location<'static>> {
        Some(self.origin.get().task?.created_at)
    }

    fn class(&self) -> &'static Class {
        &self.origin.get().class
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// What tells this future from others while it lives.
    pub(crate) fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Keeps a result, of the type that its class says.
    pub(crate) fn memory_of<T: 'static>(&self, value: T) -> Memory {
        assert!(self.gives::<T>(), "a result of the future's type");
        Memory::of_value(value)
    }

    /// Takes the result out, if it is there.
    pub(crate) fn take_value<T: 'static>(&self) -> Option<T> {
        assert!(self.gives::<T>(), "a result of the future's type");
        // SAFETY: results come from `memory_of` only, which has asked the same class for the same type.
        unsafe { self.memory.replace(Memory::Taken).into_value() }
    }

    /// Looks at the result; it is back in its place whatever `f` does.
    pub(crate) fn with_value<T: 'static, R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        struct PutBack<'a>(&'a Cell<Memory>, Memory);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.set(std::mem::replace(&mut self.1, Memory::Taken));
            }
        }
        assert!(self.gives::<T>(), "a result of the future's type");
        let value = PutBack(&self.memory, self.memory.replace(Memory::Taken));
        // SAFETY: as in `take_value`.
        f(unsafe { value.1.value() })
    }

    /// Is its result a `T`?
    pub(crate) fn gives<T: 'static>(&self) -> bool {
        (self.class().value)() == TypeId::of::<T>()
    }

    pub(crate) fn value_name(&self) -> &'static str {
        short_name((self.class().value_name)())
    }

    /// The name of a task's coroutine function.
    pub(crate) fn coroutine_name(&self) -> &'static str {
        (self.class().coroutine_name)()
    }

    /// The last handle goes.
    fn release(&mut self) {
        self.report_unseen_error();
        // SAFETY: this is the last handle, so nobody else looks at the contents. A box is given back as what it was made
        // as. A task's memory stays until its waker, taken out before, is dropped.
        unsafe {
            match self.class().sort {
                Sort::Plain => drop(Box::from_raw(self.0.as_ptr())),
                Sort::Group => drop(Box::from_raw(self.0.cast::<GroupCell>().as_ptr())),
                Sort::Task => {
                    // Dropped last, also if a result panics when it goes.
                    let _waker = self.waker().map(ManuallyDrop::into_inner);
                    ptr::drop_in_place(self.0.cast::<TaskCell>().as_ptr());
                }
            }
        }
    }

    fn report_unseen_error(&self) {
        if self.unseen.replace(false)
            && self.state.get() != State::Cancelled
            && let Some(error) = self.peek_error()
        {
            let class = match self.class().sort {
                Sort::Plain => "Future",
                Sort::Group => "_GatheringFuture",
                Sort::Task => "Task",
            };
            let repr = crate::repr::finished(class, self, &error);
            let context = ExceptionContext::new(format!("{class} exception was never retrieved"));
            let context = context.object("future", repr).exception(error);
            match self.kind() {
                Kind::Task(core) => core.in_context(|| self.event_loop.call_exception_handler(&context)),
                _ => self.event_loop.call_exception_handler(&context),
            }
        }
    }
}

/// A future that is known to be a task.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TaskRef {
    future: AnyFuture,
}

impl TaskRef {
    pub(crate) fn new(object: FutureRef) -> Self {
        assert!(matches!(object.class().sort, Sort::Task), "a task");
        Self { future: AnyFuture { object } }
    }

    pub(crate) fn as_future(&self) -> &AnyFuture {
        &self.future
    }

    pub(crate) fn into_future(self) -> AnyFuture {
        self.future
    }

    #[inline]
    pub(crate) fn core(&self) -> &TaskCore {
        // SAFETY: `new` has asked what it is, and it lives as long as this handle.
        unsafe { &self.future.object.0.cast::<TaskCell>().as_ref().core }
    }
}

impl Deref for FutureRef {
    type Target = FutureBase;

    fn deref(&self) -> &FutureBase {
        // SAFETY: the cell lives as long as a handle on it.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for FutureRef {
    fn clone(&self) -> Self {
        // SAFETY: the same pointer, in the same thread.
        unsafe { Self::new(self.0) }
    }
}

impl Drop for FutureRef {
    fn drop(&mut self) {
        let refs = self.refs.get() - 1;
        if refs == 0 {
            // Counted until the end: a handler that is told of an error may run anything.
            self.release();
        } else {
            self.refs.set(refs);
        }
    }
}
