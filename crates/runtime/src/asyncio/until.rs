//! `run_until_complete`: a loop that runs until an awaitable is done.

use std::rc::Rc;

use asyncio_errors::{Result, RuntimeError, ValueError};

use crate::asyncio::events::EventLoop;
use crate::asyncio::tasks::Awaitable;
use crate::kernel::{AnyFuture, LoopCore, Registered, Run, Text};

/// # Running the loop for an awaitable
impl EventLoop {
    /// Runs an awaitable to its end and returns its result. A coroutine becomes a task.
    ///
    /// # Errors
    ///
    /// What the awaitable raises. `ValueError` for a future of another loop. `RuntimeError` if a loop runs already, the loop is
    /// closed, it was stopped before the end (`Event loop stopped before Future completed.`), or, under the virtual clock,
    /// nothing can wake its tasks any more (a deadlock; the message says which task waits for what).
    ///
    /// # Panics
    ///
    /// With the panic of the awaitable.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop, RuntimeError, ValueError};
    ///
    /// let (event_loop, other) = (EventLoop::with_clock(Clock::Virtual), EventLoop::with_clock(Clock::Virtual));
    /// let never = event_loop.create_future::<()>();
    /// let error = other.run_until_complete(never.clone()).unwrap_err();
    /// assert!(error.is::<ValueError>()); // it is a future of another loop
    /// let error = event_loop.run_until_complete(never).unwrap_err();
    /// assert!(error.is::<RuntimeError>()); // nothing can complete it
    /// ```
    #[track_caller]
    pub fn run_until_complete<A: Awaitable>(&self, awaitable: A) -> Result<A::Value> {
        let (handle, until) = self.target(awaitable)?;
        self.core().run_forever()?;
        drop(until);
        if !handle.as_ref().done() {
            return Err(RuntimeError::new("Event loop stopped before Future completed.").into());
        }
        A::outcome(&handle)
    }

    /// The future of an awaitable that the loop will run, and at whose end it will stop.
    #[track_caller]
    pub(crate) fn target<A: Awaitable>(&self, awaitable: A) -> Result<(A::Handle, Until)> {
        // Checked before a task is made, which would be left over.
        self.core().check_can_run()?;
        let handle = awaitable.ensure_future_in(self)?;
        let future = handle.as_ref();
        if !Rc::ptr_eq(future.base().event_loop(), self.core()) {
            let message = "The future belongs to a different loop than the one specified as the loop argument";
            return Err(ValueError::new(message).into());
        }
        let stop = Rc::new(StopWhenDone(Rc::clone(self.core())));
        let registered = future.add_callback(stop, 0);
        let until = Until(future.clone(), registered);
        Ok((handle, until))
    }
}

/// The callback that ends `run_until_complete`.
struct StopWhenDone(Rc<LoopCore>);

impl Run for StopWhenDone {
    fn run(&self, _key: u32) {
        self.0.stopping.set(true);
    }

    fn describe(&self) -> Text {
        format!("_run_until_complete_cb() at {}:{}", file!(), line!()).into()
    }
}

/// As long as it lives, the end of the future stops the loop. It is dropped even during unwinding, so that it does not stop a
/// later run.
pub(crate) struct Until(AnyFuture, Option<Registered>);

impl Drop for Until {
    fn drop(&mut self) {
        if let Some(registered) = self.1 {
            self.0.base().remove_callback(registered);
        }
    }
}
