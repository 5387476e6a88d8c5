//! Operations on a future's memory: registering callbacks, and reading its error.

use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;

use asyncio_errors::{CancelledError, Error};

use crate::kernel::event_loop::{current, ready::Run};
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::callbacks::{Callback, Callbacks, Registered, abandon};
use crate::kernel::memory::cell::FutureBase;
use crate::kernel::memory::state::State;
use crate::kernel::memory::value::Memory;
use crate::kernel::memory::waking::Wake;

impl FutureBase {
    #[inline]
    pub(crate) fn state(&self) -> State {
        self.state.get()
    }

    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        !self.state().is_done()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state() == State::Cancelled
    }

    // The memory.

    /// Replaces the memory, and returns the old one.
    #[inline]
    pub(crate) fn replace_memory(&self, new: Memory) -> Memory {
        self.memory.replace(new)
    }

    /// Puts the memory back after a look. The placeholder `Taken` needs no drop.
    #[inline]
    pub(crate) fn put_back(&self, memory: Memory) {
        std::mem::forget(self.replace_memory(memory));
    }

    /// Lets `f` look at the memory. `f` must not call what a user could have written.
    #[inline]
    pub(crate) fn with_memory<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        let mut memory = self.replace_memory(Memory::Taken);
        let result = f(&mut memory);
        self.put_back(memory);
        result
    }

    // Callbacks.

    /// Like `with_memory`. A done future has no callbacks any more.
    #[inline]
    pub(crate) fn with_callbacks<R>(&self, f: impl FnOnce(&mut Callbacks) -> R) -> R {
        self.with_memory(|memory| match memory {
            Memory::Callbacks(callbacks) => f(callbacks),
            _ => f(&mut Callbacks::None),
        })
    }

    #[inline]
    pub(crate) fn add(&self, callback: Callback) -> Registered {
        let (registered, abandoned) = self.with_callbacks(|callbacks| {
            let abandoned = callbacks.sweep();
            (callbacks.push(callback), abandoned)
        });
        // After the look at the memory: they may own the last handles on other futures.
        if !abandoned.is_empty() {
            abandon(&abandoned);
        }
        registered
    }

    pub(crate) fn remove_callback(&self, registered: Registered) -> bool {
        let callback = self.with_callbacks(|callbacks| callbacks.remove(registered));
        callback.is_some()
    }

    /// Removes a callback if it is this one: the keys of different futures, or of one future at different times, may be equal.
    pub(crate) fn remove_call(&self, registered: Registered, call: &Weak<dyn Run>) -> bool {
        let callback = self.with_callbacks(|callbacks| {
            let run = callbacks.get_mut(registered)?.run()?;
            let is_it = ptr::addr_eq(Rc::as_ptr(run), call.as_ptr());
            if is_it { callbacks.remove(registered) } else { None }
        });
        callback.is_some()
    }

    /// Drops all callbacks, because nothing can observe its waiters any more.
    pub(crate) fn abandon(&self) {
        let callbacks = self.with_callbacks(|callbacks| std::mem::replace(callbacks, Callbacks::None));
        abandon(callbacks.iter());
    }

    /// Drops all callbacks, because the loop is closed.
    pub(crate) fn forget_callbacks(&self) {
        // Dropped after the look at the memory: they may own the last handles on other futures.
        drop(self.with_callbacks(|callbacks| std::mem::replace(callbacks, Callbacks::None)));
    }

    /// Called when the task that awaits it is polled again, perhaps with another waker.
    pub(crate) fn update_waker(&self, registered: Registered, waker: &Waker) {
        let is_known = |callback: &mut Callback| matches!(callback, Callback::Wake(wake) if wake.is(waker));
        if self.with_callbacks(|callbacks| callbacks.get_mut(registered).is_some_and(is_known)) {
            return;
        }
        let wake = Callback::Wake(Wake::of(waker));
        let old = self.with_callbacks(|callbacks| match callbacks.get_mut(registered) {
            Some(callback @ Callback::Wake(_)) => Some(std::mem::replace(callback, wake)),
            _ => None,
        });
        drop(old);
    }

    /// The number of handles that its waiters have, if it is pending and all waiters are abandoned.
    pub(crate) fn handles_of_abandoned(&self, depth: u32) -> Option<u32> {
        self.with_memory(|memory| match memory {
            Memory::Callbacks(callbacks) => callbacks.iter().map(|callback| callback.run()?.abandoned(depth)).sum(),
            _ => None,
        })
    }

    /// The numbers of the tasks that wait for it in other ways than by `await`; with `through`, of those that await that one.
    pub(crate) fn awaited_by(&self, through: Option<&AnyFuture>) -> Vec<u32> {
        self.with_callbacks(|callbacks| callbacks.iter().filter_map(|run| run.run()?.awaited_by(through)).collect())
    }

    /// Makes it pending again, for a `Gather` that completed at once and is then told to treat errors as results.
    pub(crate) fn reopen(&self) {
        self.state.set(State::Pending);
        self.take_unseen();
        drop(self.replace_memory(Memory::Callbacks(Callbacks::None)));
    }

    // The error.

    /// The stored error, for printing it.
    pub(crate) fn peek_error(&self) -> Option<Error> {
        self.with_memory(|memory| match memory {
            Memory::Cancelled => Some(Error::cancelled_at(None, current::location())),
            Memory::Error(error) => Some(error.clone()),
            _ => None,
        })
    }

    /// The stored error, marked as seen. The `CancelledError` that ended a coroutine is itself returned only once, and after
    /// that new ones without its message (`Future._make_cancelled_error`).
    pub(crate) fn see_error(&self) -> Option<Error> {
        if self.take_unseen()
            && self.is_cancelled()
            && let Memory::Error(own) = self.replace_memory(Memory::Cancelled)
        {
            return Some(own);
        }
        self.peek_error()
    }

    /// Marks a task's own cancellation as not seen.
    pub(crate) fn give_back(&self, cancellation: Error) {
        self.set_unseen();
        drop(self.replace_memory(Memory::Error(cancellation)));
    }

    /// Does it have an error that has not been seen yet?
    pub(crate) fn is_unseen(&self) -> bool {
        self.unseen.get()
    }

    pub(crate) fn set_unseen(&self) {
        debug_assert!(!self.is_unseen(), "it has one error, which was seen or is new");
        self.unseen.set(true);
        self.event_loop().one_more_unseen();
    }

    pub(in crate::kernel) fn take_unseen(&self) -> bool {
        let was_unseen = self.unseen.take();
        if was_unseen {
            self.event_loop().one_less_unseen();
        }
        was_unseen
    }

    /// Marks the error of a failed future as seen, for a task that cancels it and so knows of it.
    pub(crate) fn forgive(&self) {
        if !self.is_cancelled() {
            self.take_unseen();
        }
    }

    /// The message of a cancelled future's errors from now on, if any.
    pub(crate) fn cancel_message(&self) -> Option<Arc<str>> {
        let error = if self.is_cancelled() && !self.is_unseen() { self.peek_error() } else { None };
        error?.downcast_ref::<CancelledError>()?.message().map(Into::into)
    }
}
