//! The memory layout of futures. [`AnyFuture`] is the counted pointer to all three kinds.
//!
//! A plain future and a group are a box each. A task is one allocation with its coroutine: its cell is the metadata that
//! async-task keeps beside the future it polls. Every cell begins with a [`FutureBase`], so one thin pointer serves all three:
//!
//! ```text
//!     plain future: a box      group: a box             task: one allocation of async-task's
//!                                                       +--------------------------------+
//!                                                       | async-task's header, 32 bytes  |
//!     +-----------------+      +-----------------+      +--------------------------------+
//!     | FutureBase, 48  |      | FutureBase, 48  |      | FutureBase, 48                 |
//!     |   origin        |      | Group: members  |      | blocked_on, 16                 |
//!     |   memory        |      +-----------------+      | waker, 16   rare, 8   at, 8    |
//!     |   counts, state |                               +--------------------------------+
//!     +-----------------+                               | the coroutine, later its `()`  |
//!                                                       +--------------------------------+
//! ```
//!
//! What makes that sound:
//!
//! - A cell belongs to the thread of its loop. [`AnyFuture`] is neither `Send` nor `Sync`, and counts without atomics.
//! - A task's cell keeps a waker of the task, and with it the allocation, until the last [`AnyFuture`] is dropped. Only then, in
//!   the loop's thread, the cell's contents are dropped; the allocation itself is freed with the last waker, in whatever thread.
//! - The loop's registry holds an [`AnyFuture`] from the task's creation until it is done. So wherever there is an
//!   `async_task::Runnable`, of which there is never more than one, the contents still exist: async-task makes none for a task
//!   that is done.
//! - Other threads see a task as a waker, and for a moment as the runnable that waking returns. With that they reach one
//!   word of the cell, [`TaskMemory::shared`]. A waker alone leads to nothing in it.
//!
//! Nearly half of the crate's `unsafe` is here and in `handle`.

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use crate::kernel::event_loop::{LoopCore, remote::Shared};
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::origin::{Class, Origin};
use crate::kernel::memory::state::{PendingCancel, State};
use crate::kernel::memory::value::Memory;
use crate::kernel::task::core::TaskCore;

/// The part that every future has, whatever its result, and the small fields of a task, for which there is room. The last
/// [`AnyFuture`] drops what is owned here.
pub(crate) struct FutureBase {
    /// Dangling until the creation is complete.
    pub(super) origin: Cell<NonNull<Origin>>,
    pub(super) memory: Cell<Memory>,
    /// How many [`AnyFuture`]s there are.
    pub(in crate::kernel) refs: Cell<u32>,
    /// A task's slot in the loop's registry; once the task is done, its number.
    pub(crate) slot: Cell<u32>,
    /// The number of requests to cancel a task that were not taken back: `Task.cancelling()`.
    pub(crate) cancelling: Cell<u16>,
    /// The task started more than one wait in its last step, so it may go on even if this one does not end.
    pub(crate) waits_on_several: Cell<bool>,
    /// The number of tasks and callbacks that a task has made, to which it may have moved what it holds. It wraps around.
    pub(crate) made: Cell<u8>,
    pub(crate) state: Cell<State>,
    /// The error has not been seen. Unless it is a cancellation, it is reported when the future is dropped.
    pub(super) unseen: Cell<bool>,
    pub(crate) pending_cancel: Cell<PendingCancel>,
    /// Set while a walk (of a cancellation, or through the members of a group) has passed through this future and not ended,
    /// to detect that the walk comes back.
    pub(crate) visited: Cell<bool>,
}

impl FutureBase {
    #[inline]
    pub(in crate::kernel) fn new(origin: NonNull<Origin>, state: State) -> Self {
        Self {
            origin: Cell::new(origin),
            memory: Cell::new(Memory::Callbacks(Callbacks::None)),
            refs: Cell::new(0),
            slot: Cell::new(u32::MAX),
            cancelling: Cell::new(0),
            waits_on_several: Cell::new(false),
            made: Cell::new(0),
            state: Cell::new(state),
            unseen: Cell::new(false),
            pending_cancel: Cell::new(PendingCancel::None),
            visited: Cell::new(false),
        }
    }

    #[inline]
    pub(in crate::kernel) fn origin(&self) -> &Origin {
        // SAFETY: `complete` or a plain future's maker has set it, before there was a handle. It is there as long as the
        // loop, of which every future owns a reference. Test: `tests/lifetimes.rs`, under AddressSanitizer.
        unsafe { self.origin.get().as_ref() }
    }

    #[inline]
    pub(crate) fn event_loop(&self) -> &Rc<LoopCore> {
        &self.origin().event_loop
    }
}

/// The kind of a future, with the data that only that kind has.
pub(crate) enum Kind<'a> {
    Plain,
    Task(&'a TaskCore),
    /// Several futures as one: cancelling it cancels them.
    Group(&'a Group),
}

/// The members of a gathering future.
pub(crate) struct Group {
    pub(crate) members: Vec<AnyFuture>,
    pub(crate) cancel_requested: Cell<bool>,
}

#[repr(C)]
pub(in crate::kernel) struct GroupCell {
    pub(in crate::kernel) base: FutureBase,
    pub(in crate::kernel) group: Group,
}

/// A task's cell as async-task's metadata. What it owns is dropped with the last [`AnyFuture`], in the loop's thread, so
/// dropping the metadata (with the last waker, in any thread) does nothing.
pub(crate) struct TaskMemory(UnsafeCell<ManuallyDrop<TaskCore>>);

const _: () = assert!(!std::mem::needs_drop::<TaskMemory>());

/// There may be a million idle tasks, so the cost of a new field should be noticed.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<TaskMemory>() <= 96 && size_of::<FutureBase>() <= 48);

// SAFETY: other threads can do two things with a `TaskMemory`: drop it, which does nothing, and call `shared`, which says
// why it may. (`handle` takes a `LoopCore`, which is not `Sync`.) Everything else goes through an `AnyFuture`, which
// stays in the loop's thread. Test: `tests/threads.rs`, under ThreadSanitizer.
unsafe impl Send for TaskMemory {}
// SAFETY: as above.
unsafe impl Sync for TaskMemory {}

impl TaskMemory {
    /// The cell of a task that is being made at this location. It must not be used before it is complete.
    #[inline]
    pub(crate) fn new(at: &'static Location<'static>) -> Self {
        let base = FutureBase::new(NonNull::dangling(), State::New);
        Self(UnsafeCell::new(ManuallyDrop::new(TaskCore::new(base, at))))
    }

    /// Completes the creation of the task: from now on there are handles on it, and it can be woken. The waker keeps its
    /// memory.
    pub(crate) fn complete(
        &self,
        event_loop: &Rc<LoopCore>,
        class: &'static Class,
        waker: Waker,
        created_at: &'static Location<'static>,
    ) -> AnyFuture {
        let base = self.base();
        let origin = event_loop.origins.of(event_loop, class, Some(created_at));
        // SAFETY: the cell is there, as `self` is, and nothing else has seen it yet. Its class is a task's. Test:
        // `tests/lifetimes.rs`, under AddressSanitizer.
        unsafe {
            base.as_ref().origin.set(origin);
            base.cast::<TaskCore>().as_ref().keep_waker(waker);
            std::mem::forget(Rc::clone(event_loop));
            AnyFuture::new(base)
        }
    }

    /// A handle of the task, for its loop: a caller with a reference to the loop is in the loop's thread.
    pub(crate) fn handle(&self, event_loop: &LoopCore) -> AnyFuture {
        assert!(self.belongs_to(event_loop), "a task of this loop");
        // SAFETY: `self` is borrowed, so the memory is there, and the contents are, see `event_loop`. Test: `tests/threads.rs`.
        unsafe { AnyFuture::new(self.base()) }
    }

    /// A handle on the task, if this is the thread of its loop.
    pub(crate) fn handle_in_its_thread(&self) -> Option<AnyFuture> {
        let is_here = self.shared().is_in_this_thread();
        // SAFETY: in its own thread the whole of the loop may be looked at. Test:
        // `an_observer_that_panics_leaves_a_new_task_to_its_loop`.
        is_here.then(|| self.handle(unsafe { &*self.event_loop() }))
    }

    /// The part of the loop that other threads may touch.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        // SAFETY: the contents are there, see `event_loop`, and so is the `LoopCore` of which they own a reference. One word
        // of it is read, which is never written again while it lives. Test: `tests/threads.rs`, under ThreadSanitizer.
        unsafe { &(*self.event_loop()).shared }
    }

    /// The address of its loop. Only the loop's thread may read more there than `shared`.
    fn event_loop(&self) -> *const LoopCore {
        // SAFETY: a reference to a complete `TaskMemory` is from a runnable (async-task's `Task`, the other way, is detached at
        // once), so the contents are there, and so is the origin, which the loop owns. Only two words are read, which are never
        // written again while they live; of the `Rc`, which is not `Sync`, nothing but its pointer is used. Test:
        // `tests/threads.rs`, under ThreadSanitizer.
        unsafe { Rc::as_ptr(&(*(*self.base().as_ptr()).origin.get().as_ptr()).event_loop) }
    }

    /// Is it a task of this loop?
    #[inline]
    pub(crate) fn belongs_to(&self, event_loop: &LoopCore) -> bool {
        ptr::eq(self.event_loop(), event_loop)
    }

    /// The beginning of the cell, as a pointer that is valid for the whole of it.
    #[inline]
    fn base(&self) -> NonNull<FutureBase> {
        // A `TaskCore` begins with its base.
        NonNull::new(self.0.get().cast()).expect("what is borrowed is not null")
    }
}
