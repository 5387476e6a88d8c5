//! A visit: the coroutine of a suspended task is polled in the middle of another task's step.
//!
//! A scoped task borrows from the task that owns its scope, so its coroutine is stored in the owner's frames and can be polled
//! only through them. The core idea: the scoped task is a task of the loop with its own place in the queue. Its step visits the
//! owner, whose frames lead to the scope, which polls the scoped task's coroutine. So scoped tasks take the same steps as other
//! tasks.
//!
//! For the owner a visit is not a step. Its blocker, its pending requests and its place in the queue stay as they are. If it is
//! woken meanwhile, its waker has been taken, and its place is noted: async-task would queue it only after the visit, behind
//! everything that the scoped task has queued since. A visit may be requested at any time; if the owner is not suspended, it is
//! only woken.

use std::task::Waker;

use crate::kernel::event_loop::{LoopCore, current};
use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::memory::state::{PendingCancel, State};
use crate::kernel::task::core::TaskCore;
use crate::kernel::task::step::Stepping;
use crate::kernel::watch::LoopEvent;

/// The state of a visited task.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    /// Identifies its waker.
    pub(super) wakes: *const (),
    /// Its place in the queue.
    place: Option<usize>,
}

/// Wakes `owner` by `waker`. If that has queued its step, or it was queued, takes the step out of the queue and polls the coroutine.
pub(crate) fn visit(owner: &AnyTask, waker: &Waker) {
    let (core, event_loop) = (owner.core(), owner.base().event_loop());
    // 1. Waking the owner is how to get its runnable. Observers are not told, because nothing follows from it.
    event_loop.take_remote();
    let before = event_loop.ready.borrow().len();
    unseen(event_loop, owner.is_woken_by(waker), || waker.wake_by_ref());
    if owner.base().state() != State::Pending {
        return;
    }
    let Some((place, runnable)) = event_loop.ready.borrow_mut().take_task(owner) else { return };
    // 2. The owner's frames are polled.
    let (blocked_on, at, pending) = (core.blocked_on(), core.at.get(), core.pending_cancel());
    core.set_pending_cancel(PendingCancel::None);
    let visited = Visited::new(owner, (place < before).then_some(place));
    let mut stepping = Stepping(Some(owner.clone()));
    current::step(owner, || runnable.into_inner().run());
    drop(stepping.0.take());
    let place = core.visit().get().and_then(|visit| visit.place);
    drop(visited);
    // 3. The owner is queued at its old place, or where it was woken. The loop has counted the queue's entries, so if the
    //    coroutine has ended, an empty entry takes its place.
    if let Some(place) = place {
        unseen(event_loop, true, || owner.wake());
        let mut ready = event_loop.ready.borrow_mut();
        let runnable = ready.take_task(owner).map(|(_, runnable)| runnable);
        ready.insert(place, runnable);
    }
    // 4. Otherwise nothing has happened.
    if owner.done() {
        return event_loop.tell(|| LoopEvent::TaskDone(owner));
    }
    core.set_blocked_on(blocked_on);
    core.at.set(at);
    let new = core.pending_cancel();
    core.set_pending_cancel(if new == PendingCancel::None { pending } else { new });
}

/// Calls `wake` without telling observers, if it calls no user code.
fn unseen(event_loop: &LoopCore, is_own: bool, wake: impl FnOnce()) {
    if !is_own {
        return wake();
    }
    let instrumented = event_loop.instrumented.replace(false);
    wake();
    event_loop.instrumented.set(instrumented);
}

/// A task that is visited until this is dropped, whose waker this has.
struct Visited<'a>(&'a AnyTask, Option<Waker>);

impl<'a> Visited<'a> {
    fn new(task: &'a AnyTask, place: Option<usize>) -> Self {
        let waker = task.core().take_waker();
        let wakes = waker.as_ref().expect("a task that is suspended has its waker").data();
        task.core().visit().set(Some(Visit { wakes, place }));
        task.base().state.set(State::Visited);
        Self(task, waker)
    }
}

impl Drop for Visited<'_> {
    fn drop(&mut self) {
        self.0.core().visit().set(None);
        self.0.core().keep_waker(self.1.take().expect("it is given back once"));
        if self.0.base().state() == State::Visited {
            self.0.base().state.set(State::Pending);
        }
    }
}

/// Is the current task being visited? Then a wait that only gave way keeps waiting.
#[inline]
pub(crate) fn is_visited() -> bool {
    current::with_task(|task| task.is_some_and(|task| task.base().state() == State::Visited))
}

/// Notes that a task is woken while it is being visited.
#[cold]
pub(crate) fn wake_visited(task: &AnyFuture, core: &TaskCore) {
    let event_loop = core.base.event_loop();
    if let Some(visit @ Visit { place: None, .. }) = core.visit().get() {
        let task = AnyTask::from_future(task.clone());
        event_loop.tell(|| LoopEvent::Woken(&task));
        event_loop.take_remote();
        core.visit().set(Some(Visit { place: Some(event_loop.ready.borrow().len()), ..visit }));
    }
}
