//! A call from another thread that any thread can cancel: asyncio's `_ThreadSafeHandle`.
//!
//! Cancelling takes the same lock as beginning to run, and waits while the callback runs. So the callback never runs after
//! `cancel` has returned.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use asyncio_collections::drop_nested;
use asyncio_errors::names::function_name;

type SendCall = Box<dyn FnOnce() + Send>;

/// A call that any thread can cancel; made by `LoopHandle::call_soon_threadsafe_cancellable`.
#[derive(Clone)]
pub struct ThreadSafeHandle {
    shared: Arc<SharedCall>,
    name: &'static str,
}

struct SharedCall {
    state: Mutex<CallState>,
    /// Notified when the callback has ended.
    ended: Condvar,
}

struct CallState {
    /// Until it is called or cancelled.
    call: Option<SendCall>,
    cancelled: bool,
    /// The thread in which the callback runs at the moment.
    runs_in: Option<ThreadId>,
}

impl ThreadSafeHandle {
    /// A call of `f`, for the runtime, which hands it to the thread of a loop.
    #[doc(hidden)]
    pub fn new<F: FnOnce() + Send + 'static>(f: F) -> Self {
        let state = Mutex::new(CallState { call: Some(Box::new(f)), cancelled: false, runs_in: None });
        let name = function_name(std::any::type_name::<F>());
        Self { shared: Arc::new(SharedCall { state, ended: Condvar::new() }), name }
    }

    /// Calls it, unless it was cancelled.
    #[doc(hidden)]
    pub fn run(&self) {
        self.shared.run();
    }

    /// Prevents the callback from running, if it has not begun, and drops what it captured: `handle.cancel()`. Waits for the
    /// end of a callback that runs in another thread, so that it never runs after this has returned.
    pub fn cancel(&self) {
        let mut state = self.shared.when_it_does_not_run();
        state.cancelled = true;
        let call = state.call.take();
        drop(state);
        if let Some(call) = call {
            drop_nested(call);
        }
    }

    /// Was it cancelled? `handle.cancelled()`. Waits like [`cancel`](Self::cancel). Also true of a callback that was cancelled while
    /// it ran or afterwards.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.shared.when_it_does_not_run().cancelled
    }
}

impl SharedCall {
    fn lock(&self) -> MutexGuard<'_, CallState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does not wait in the thread in which the callback runs: there the caller is the callback itself.
    fn when_it_does_not_run(&self) -> MutexGuard<'_, CallState> {
        let here = thread::current().id();
        let elsewhere = |state: &mut CallState| state.runs_in.is_some_and(|thread| thread != here);
        self.ended.wait_while(self.lock(), elsewhere).unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        /// Also when the callback panics.
        struct Ended<'a>(&'a SharedCall);
        impl Drop for Ended<'_> {
            fn drop(&mut self) {
                self.0.lock().runs_in = None;
                self.0.ended.notify_all();
            }
        }
        let mut state = self.lock();
        let Some(call) = state.call.take() else { return };
        state.runs_in = Some(thread::current().id());
        drop(state);
        let _ended = Ended(self);
        call();
    }
}

impl Drop for SharedCall {
    fn drop(&mut self) {
        if let Some(call) = self.lock().call.take() {
            drop_nested(call);
        }
    }
}

impl fmt::Debug for ThreadSafeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ThreadSafeHandle {}()>", self.name)
    }
}
