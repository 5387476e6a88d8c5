//! The memory of futures: what every future begins with (`FutureBase`), and the counted pointer to one (`FutureRef`).
//!
//! A plain future and a group are a box each. A task is one allocation with its coroutine: its cell is the metadata that
//! async-task keeps beside the future it polls. One thin pointer serves all three. What makes that sound:
//!
//! - A cell belongs to the thread of its loop. `FutureRef` is neither `Send` nor `Sync`, and counts without atomics.
//! - A task's cell keeps a waker of the task, and with it the allocation, until the last `FutureRef` goes. Only then, in
//!   the loop's thread, the cell's contents are dropped; the allocation itself goes with the last waker, wherever it is.
//! - The loop's registry holds a `FutureRef` from the task's making until it is over. So where there is an
//!   `async_task::Runnable`, of which there is never more than one, the contents are there: async-task makes none for a task
//!   that is over.
//! - Other threads see a task as a waker, and for a moment as the runnable that waking gives them. With that they reach one
//!   word of the cell, [`TaskMemory::shared`]. A waker alone leads to nothing in it.
//!
//! Most of the crate's `unsafe` is here. An idle task has 108 bytes by it; with one allocation as well, but with enums of their
//! natural size, it had 169.

use std::any::TypeId;
use std::cell::{Cell, OnceCell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use crate::base::names::short_name;
use crate::error::report::ExceptionContext;
use crate::kernel::event_loop::LoopCore;
use crate::kernel::event_loop::remote::Shared;
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::marks::{Mark, Marks, State};
use crate::kernel::memory::origin::{Class, Origin, Sort};
use crate::kernel::memory::value::{Memory, NOBODY, Value};
use crate::kernel::task::core::{Rare, TaskCore};

/// What every future has, whatever its result. What is owned here is dropped by the last [`FutureRef`].
pub(crate) struct FutureBase {
    /// Of no use before the creation is complete.
    origin: Cell<NonNull<Origin>>,
    memory: Cell<Memory>,
    rare: OnceCell<Box<Rare>>,
    refs: Cell<u32>,
    /// A task's slot in the loop's registry; when it is over, its number.
    pub(crate) slot: Cell<u32>,
    pub(crate) marks: Marks,
}

impl FutureBase {
    #[inline]
    fn new(origin: NonNull<Origin>) -> Self {
        Self {
            origin: Cell::new(origin),
            memory: Cell::new(NOBODY),
            rare: OnceCell::new(),
            refs: Cell::new(0),
            slot: Cell::new(u32::MAX),
            marks: Marks::new(),
        }
    }

    #[inline]
    fn origin(&self) -> &Origin {
        // SAFETY: `complete` or a plain future's maker has set it, before anybody got a handle. It is there as long as the
        // loop, of which every future keeps a share.
        unsafe { self.origin.get().as_ref() }
    }

    #[inline]
    pub(crate) fn event_loop(&self) -> &Rc<LoopCore> {
        &self.origin().event_loop
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        self.marks.state()
    }

    /// Puts another memory in the place of what there is, and gives that.
    #[inline]
    pub(crate) fn replace_memory(&self, new: Memory) -> Memory {
        self.memory.replace(new)
    }

    /// What most tasks never have, if it has.
    #[inline]
    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.get().map(|rare| &**rare)
    }

    #[cold]
    pub(crate) fn make_rare(&self) -> &Rare {
        self.rare.get_or_init(|| Box::new(Rare::new()))
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

/// The cells with more than the base begin with it, so that a pointer to the one is a pointer to the other: so does a
/// [`TaskCore`].
#[repr(C)]
struct GroupCell {
    base: FutureBase,
    group: Group,
}

/// A task's cell as async-task's metadata. What it owns goes with the last [`FutureRef`], in the loop's thread, so dropping
/// it (with the last waker, in any thread) does nothing.
pub(crate) struct TaskMemory(UnsafeCell<ManuallyDrop<TaskCore>>);

const _: () = assert!(!std::mem::needs_drop::<TaskMemory>());

/// There may be a million idle tasks: what a new field costs should be noticed.
const _: () = assert!(size_of::<TaskMemory>() <= 96);

// SAFETY: other threads can do two things with a `TaskMemory`: drop it, which does nothing, and call `shared`, which says
// why it may. (`handle` asks for a `LoopCore`, which is not `Sync`.) Everything else goes through a `FutureRef`, which
// stays in the loop's thread.
unsafe impl Send for TaskMemory {}
// SAFETY: as above.
unsafe impl Sync for TaskMemory {}

impl TaskMemory {
    /// The cell of a task that is being made at this place; of no use before it is complete.
    #[inline]
    pub(crate) fn new(at: &'static Location<'static>) -> Self {
        Self(UnsafeCell::new(ManuallyDrop::new(TaskCore::new(FutureBase::new(NonNull::dangling()), at))))
    }

    /// The creation of the task is complete: from now on there are handles on it, and it can be woken. The waker keeps its
    /// memory.
    pub(crate) fn complete(
        &self,
        event_loop: &Rc<LoopCore>,
        class: &'static Class,
        waker: Waker,
        created_at: &'static Location<'static>,
    ) -> FutureRef {
        let base = self.base();
        let origin = event_loop.origins.of(event_loop, class, Some(created_at));
        // SAFETY: it is there, as `self` is, and nobody else has seen it yet.
        let core = unsafe { base.cast::<TaskCore>().as_ref() };
        core.base.origin.set(origin);
        core.keep_waker(waker);
        std::mem::forget(Rc::clone(event_loop));
        // SAFETY: what it says it is, and of the class of a task.
        unsafe { FutureRef::new(base) }
    }

    /// A handle on the task, for which its loop is asked: who has that is in its thread.
    pub(crate) fn handle(&self, event_loop: &LoopCore) -> FutureRef {
        assert!(self.belongs_to(event_loop), "a task of this loop");
        // SAFETY: `self` is borrowed, so the memory is there, and the contents are, see `shared`.
        unsafe { FutureRef::new(self.base()) }
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
        // SAFETY: whoever has a reference to a complete `TaskMemory` has it from a runnable (async-task's `Task`, the other
        // way, is detached at once), so the contents are there, and the origin, which the loop owns, is as well. Only two words
        // are read, which nobody writes again while they live; of the `Rc`, which is not `Sync`, nothing but its pointer is
        // used.
        unsafe { Rc::as_ptr(&(*(*self.base().as_ptr()).origin.get().as_ptr()).event_loop) }
    }

    /// Is it a task of this loop?
    #[inline]
    pub(crate) fn belongs_to(&self, event_loop: &LoopCore) -> bool {
        ptr::eq(self.event_loop(), event_loop)
    }

    /// The beginning of the cell, as a pointer that is good for the whole of it.
    #[inline]
    fn base(&self) -> NonNull<FutureBase> {
        let cell: *mut ManuallyDrop<TaskCore> = self.0.get();
        // SAFETY: a pointer to what is there is not null. A `TaskCore` begins with its base.
        unsafe { NonNull::new_unchecked(cell.cast()) }
    }
}

/// A counted pointer to a future of any sort.
pub(crate) struct FutureRef(NonNull<FutureBase>);

impl FutureRef {
    pub(crate) fn plain<T: 'static>(event_loop: &Rc<LoopCore>) -> Self {
        Self::boxed(event_loop, Class::plain::<T>(), |base| base)
    }

    pub(crate) fn group(event_loop: &Rc<LoopCore>, children: Vec<AnyFuture>) -> Self {
        let group = Group { children, cancel_requested: Cell::new(false) };
        Self::boxed(event_loop, Class::group(), |base| GroupCell { base, group })
    }

    /// The cell is a `FutureBase` or begins with one.
    fn boxed<C>(event_loop: &Rc<LoopCore>, class: &'static Class, cell: impl FnOnce(FutureBase) -> C) -> Self {
        let base = FutureBase::new(event_loop.origins.of(event_loop, class, None));
        let base = NonNull::from(Box::leak(Box::new(cell(base)))).cast();
        std::mem::forget(Rc::clone(event_loop));
        // SAFETY: the pointer is to the box that was just made.
        unsafe { Self::new(base) }
    }

    /// # Safety
    ///
    /// `base` points to the beginning of a cell of the sort that its class says, with its contents in place, and is good
    /// for the whole of it. This is the thread of its loop.
    #[inline]
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

    #[inline]
    pub(crate) fn kind(&self) -> Kind<'_> {
        match self.class().sort {
            Sort::Plain => Kind::Plain,
            // SAFETY: the class says what the cell is, and it lives as long as this handle.
            Sort::Task => Kind::Task(unsafe { self.0.cast::<TaskCore>().as_ref() }),
            // SAFETY: as above.
            Sort::Group => Kind::Group(unsafe { &self.0.cast::<GroupCell>().as_ref().group }),
        }
    }

    /// # Safety
    ///
    /// It is a task.
    #[inline]
    pub(crate) unsafe fn as_task(&self) -> &TaskCore {
        // SAFETY: as the caller says; and it lives as long as this handle.
        unsafe { self.0.cast::<TaskCore>().as_ref() }
    }

    /// The waker of a task.
    #[inline]
    fn waker(&self) -> Option<&Waker> {
        match self.kind() {
            Kind::Task(core) => Some(core.waker()),
            Kind::Plain | Kind::Group(_) => None,
        }
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
        self.origin().created_at
    }

    fn class(&self) -> &Class {
        &self.origin().class
    }

    /// Is this the only handle on the future?
    pub(crate) fn is_last(&self) -> bool {
        self.refs.get() == 1
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
        Memory::Value(Value::of(value))
    }

    /// Takes the result out, if it is there.
    pub(crate) fn take_value<T: 'static>(&self) -> Option<T> {
        assert!(self.gives::<T>(), "a result of the future's type");
        match self.replace_memory(Memory::Taken) {
            // SAFETY: results come from `memory_of` only, which has asked the same class for the same type.
            Memory::Value(value) => Some(unsafe { value.into() }),
            other => {
                self.put_back(other);
                None
            }
        }
    }

    /// Looks at the result; it is back in its place whatever `f` does.
    pub(crate) fn with_value<T: 'static, R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        struct PutBack<'a>(&'a FutureBase, Memory);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.put_back(std::mem::replace(&mut self.1, Memory::Taken));
            }
        }
        assert!(self.gives::<T>(), "a result of the future's type");
        let mut kept = PutBack(self, self.replace_memory(Memory::Taken));
        f(match &mut kept.1 {
            // SAFETY: as in `take_value`.
            Memory::Value(value) => Some(unsafe { value.look() }),
            _ => None,
        })
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
    #[inline(never)]
    fn release(&mut self) {
        if self.marks.has(Mark::Unseen) {
            self.report_unseen_error();
        }
        debug_assert!(!(self.is_pending() && matches!(self.kind(), Kind::Task(_))), "a task is kept until it is over");
        let is_shallow = self.rare().is_none() && self.owns_no_more_than_a_value();
        if !is_shallow {
            return self.release_deep();
        }
        // Dropped last: the share of the loop, and before that the memory.
        // SAFETY: the share was forgotten by `complete` or `boxed`. This is the last handle, so nobody else looks at what is
        // here.
        let _event_loop = unsafe { Rc::from_raw(Rc::as_ptr(self.event_loop())) };
        drop(Release(self));
    }

    /// Neither children nor callbacks nor an error, and of its result nothing is to be dropped. (A task that is over waits on nothing.)
    #[inline]
    fn owns_no_more_than_a_value(&self) -> bool {
        let class = self.class();
        let is_group = matches!(class.sort, Sort::Group);
        !is_group
            && self.with_memory(|memory| match memory {
                Memory::Callbacks(Callbacks::None) | Memory::Cancelled | Memory::Taken => true,
                Memory::Value(_) => class.end_of_value.is_none(),
                Memory::Callbacks(_) | Memory::Error(_) => false,
            })
    }

    /// As `release`, of one that owns what may own the last handle on another future, and so on.
    #[inline(never)]
    fn release_deep(&self) {
        if self.event_loop().burials.is_deep() {
            // Counted as before: it is the last handle there instead of here.
            return self.event_loop().burials.later(Self(self.0));
        }
        // As above; also if a result panics when it goes.
        // SAFETY: as above.
        let event_loop = unsafe { Rc::from_raw(Rc::as_ptr(self.event_loop())) };
        let _depth = event_loop.burials.begin();
        let _memory = Release(self);
        self.drop_value();
    }

    /// The result goes, and nobody looks at it any more.
    #[inline]
    fn drop_value(&self) {
        if let (Memory::Value(value), Some(end)) = (self.replace_memory(Memory::Taken), self.class().end_of_value) {
            // SAFETY: results are of the type of their class, see `memory_of`.
            unsafe { end(value) };
        }
    }

    #[cold]
    fn report_unseen_error(&self) {
        // Counted until its report is made, for which the handler may have been kept.
        let _counted = Counted(self);
        if self.marks.take(Mark::Unseen)
            && self.state() != State::Cancelled
            && let Some(error) = self.peek_error()
        {
            let class = match self.class().sort {
                Sort::Plain => "Future",
                Sort::Group => "_GatheringFuture",
                Sort::Task => "Task",
            };
            let repr = crate::kernel::repr::finished(class, self, &error);
            let context = ExceptionContext::new(format!("{class} exception was never retrieved"));
            let context = context.object("future", repr).exception(error);
            match self.kind() {
                Kind::Task(core) => core.in_context(|| self.event_loop().call_exception_handler(&context)),
                _ => self.event_loop().call_exception_handler(&context),
            }
        }
    }
}

/// One error less that nobody has seen.
struct Counted<'a>(&'a FutureRef);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.event_loop().one_less_unseen();
    }
}

/// Gives back the memory of a future that owns nothing any more.
struct Release<'a>(&'a FutureRef);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        let base = self.0.0;
        // SAFETY: the last handle goes. A box is given back as what it was made as. A task's memory goes with its waker, if
        // nobody else has one.
        unsafe {
            match self.0.class().sort {
                Sort::Plain => drop(Box::from_raw(base.as_ptr())),
                Sort::Group => drop(Box::from_raw(base.cast::<GroupCell>().as_ptr())),
                Sort::Task => {
                    let waker = base.cast::<TaskCore>().as_ref().take_waker();
                    base.cast::<TaskCore>().as_ptr().drop_in_place();
                    drop(waker);
                }
            }
        }
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
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the same pointer, in the same thread.
        unsafe { Self::new(self.0) }
    }
}

impl Drop for FutureRef {
    #[inline]
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
