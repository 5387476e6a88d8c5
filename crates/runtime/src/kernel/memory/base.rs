//! What can be done with a future's memory: look at it, register who is told, and see its error.

use crate::error::Error;
use crate::error::exceptions::CancelledError;
use crate::kernel::event_loop::ready::Run;
use crate::kernel::memory::callbacks::Callback;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::callbacks::FIRST;
use crate::kernel::memory::callbacks::Registered;
use crate::kernel::memory::cell::FutureBase;
use crate::kernel::memory::marks::Mark;
use crate::kernel::memory::marks::State;
use crate::kernel::memory::value::Memory;
use crate::kernel::memory::value::NOBODY;
use crate::kernel::memory::waking::Wake;
use std::ptr;
use std::rc::Rc;
use std::rc::Weak;
use std::sync::Arc;
use std::task::Waker;

impl FutureBase {
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        self.state() == State::Pending
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state() == State::Cancelled
    }

    /// Ends a look at the memory: in its place is `Taken` meanwhile, of which there is nothing to drop.
    #[inline]
    pub(crate) fn put_back(&self, memory: Memory) {
        std::mem::forget(self.replace_memory(memory));
    }

    #[inline]
    pub(crate) fn with_memory<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        let mut memory = self.replace_memory(Memory::Taken);
        let result = f(&mut memory);
        self.put_back(memory);
        result
    }

    fn with_callbacks<R>(&self, f: impl FnOnce(&mut Callbacks) -> R) -> R {
        self.with_memory(|memory| match memory {
            Memory::Callbacks(callbacks) => f(callbacks),
            // A done future has none any more.
            _ => f(&mut Callbacks::None),
        })
    }

    /// The stored error, marked as seen. The very `CancelledError` that ended a coroutine is given once, and then ones
    /// without its message (`Future._make_cancelled_error`).
    pub(crate) fn see_error(&self) -> Option<Error> {
        if self.take_unseen() && self.is_cancelled() {
            match self.replace_memory(Memory::Cancelled) {
                Memory::Error(own) => return Some(own),
                other => self.put_back(other),
            }
        }
        self.peek_error()
    }

    /// Takes back that a task's own cancellation was seen.
    pub(crate) fn give_back(&self, cancellation: Error) {
        self.set_unseen();
        drop(self.replace_memory(Memory::Error(cancellation)));
    }

    /// Does it have an error that nobody has seen yet?
    pub(crate) fn is_unseen(&self) -> bool {
        self.marks.has(Mark::Unseen)
    }

    pub(crate) fn set_unseen(&self) {
        if !self.marks.replace(Mark::Unseen) {
            self.event_loop().one_more_unseen();
        }
    }

    fn take_unseen(&self) -> bool {
        let was_unseen = self.marks.take(Mark::Unseen);
        if was_unseen {
            self.event_loop().one_less_unseen();
        }
        was_unseen
    }

    /// The message that a cancelled future's errors have from now on, if any.
    pub(crate) fn cancel_message(&self) -> Option<Arc<str>> {
        let error = if self.is_cancelled() && !self.is_unseen() { self.peek_error() } else { None };
        error?.downcast_ref::<CancelledError>()?.message().map(Into::into)
    }

    /// Forgets that nobody has seen the error: whoever cancels a failed future knows of it.
    pub(crate) fn forgive(&self) {
        if !self.is_cancelled() {
            self.take_unseen();
        }
    }

    /// The stored error, for printing it.
    pub(crate) fn peek_error(&self) -> Option<Error> {
        self.with_memory(|memory| match memory {
            Memory::Cancelled => Some(CancelledError::default().into()),
            Memory::Error(error) => Some(error.clone()),
            _ => None,
        })
    }

    /// Is it pending, and is nobody to be told of its end?
    pub(crate) fn has_no_callbacks(&self) -> bool {
        self.with_memory(|memory| matches!(memory, Memory::Callbacks(Callbacks::None)))
    }

    /// Is a single callback, and nobody else, to be told of its end?
    pub(crate) fn has_one_callback(&self) -> bool {
        self.with_memory(|memory| matches!(memory, Memory::Callbacks(Callbacks::Call(..))))
    }

    pub(crate) fn describe_callbacks(&self) -> Option<String> {
        self.with_callbacks(|callbacks| crate::kernel::repr::callbacks(callbacks))
    }

    /// The numbers of tasks that wait in another way than by awaiting it.
    pub(crate) fn awaited_by(&self) -> Vec<u32> {
        self.with_callbacks(|callbacks| callbacks.runs().filter_map(|run| run.awaited_by()).collect())
    }

    /// Back to the beginning: for `Gather`, which may be told how to treat errors after it has completed at once.
    pub(crate) fn reopen(&self) {
        self.marks.set_state(State::Pending);
        self.take_unseen();
        drop(self.replace_memory(NOBODY));
    }

    /// Nobody will be told of its end, as its loop is closed.
    pub(crate) fn forget_callbacks(&self) {
        let callbacks = self.with_callbacks(|callbacks| std::mem::replace(callbacks, Callbacks::None));
        // After the look at the memory: what it owns may be a future that ends with this.
        drop(callbacks);
    }

    pub(crate) fn remove_callback(&self, registered: Registered) -> bool {
        let callback = self.with_callbacks(|callbacks| callbacks.remove(registered));
        callback.is_some()
    }

    /// Removes a callback if it is this one: places of different futures, or of one future at different times, have the same keys.
    pub(crate) fn remove_call(&self, registered: Registered, call: &Weak<dyn Run>) -> bool {
        let callback = self.with_callbacks(|callbacks| {
            let is_it = callbacks.call(registered).is_some_and(|run| ptr::addr_eq(Rc::as_ptr(run), call.as_ptr()));
            if is_it { callbacks.remove(registered) } else { None }
        });
        callback.is_some()
    }

    #[inline]
    pub(crate) fn add(&self, callback: Callback) -> Registered {
        // Nearly always it is the first and only one.
        match self.replace_memory(Memory::Taken) {
            Memory::Callbacks(Callbacks::None) => {
                self.put_back(Memory::Callbacks(Callbacks::one(callback)));
                FIRST
            }
            other => {
                self.put_back(other);
                let (registered, abandoned) = self.with_callbacks(|callbacks| {
                    let abandoned = callbacks.sweep();
                    (callbacks.push(callback), abandoned)
                });
                // After the look at the memory: they may own the last handles of others.
                drop(abandoned);
                registered
            }
        }
    }

    /// Who waited is polled again.
    pub(crate) fn update_waiter(&self, registered: Registered, waker: &Waker) {
        if !self.with_callbacks(|callbacks| callbacks.wakes(registered, waker)) {
            let wake = Wake::of(waker);
            let old = self.with_callbacks(|callbacks| callbacks.replace(registered, wake));
            drop(old);
        }
    }
}
