//! `LoopHandle`, the handle of a loop for other threads (`loop.call_soon_threadsafe`).

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use asyncio_concurrent::{ThreadSafeHandle, conductor};
use asyncio_errors::RuntimeError;

use crate::kernel::{Call, LoopCore, Remote, Shared, current};

/// A handle of a loop for other threads: `Send`, `Sync`, cheap to clone.
///
/// An [`EventLoop`](crate::EventLoop) stays in its thread. Other threads hold this, for `loop.call_soon_threadsafe` and
/// [`run_coroutine_threadsafe`](crate::run_coroutine_threadsafe). It may outlive the loop; then its methods return
/// `RuntimeError: Event loop is closed`.
///
/// # Examples
///
/// ```
/// use std::{sync::mpsc, thread};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let handle = get_running_loop()?.handle();
///     let (send, receive) = mpsc::channel();
///     let call = move || send.send(thread::current().id()).unwrap();
///     thread::spawn(move || handle.call_soon_threadsafe(call)).join().unwrap()?;
///     assert!(receive.try_recv().is_err(), "it waits for its turn");
///     sleep(0.001).await?;
///     assert_eq!(receive.try_recv()?, thread::current().id());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct LoopHandle {
    shared: Arc<Shared>,
    /// Does the loop wait for calls through this handle?
    is_counted: bool,
}

impl LoopHandle {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        shared.handle_made();
        Self { shared: Arc::clone(shared), is_counted: true }
    }

    /// A handle for which the loop does not wait: if all handles are of this kind, a loop in which no task can go on reports a
    /// deadlock.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{Clock, EventLoop};
    ///
    /// let event_loop = EventLoop::with_clock(Clock::Virtual);
    /// let watcher = event_loop.handle().uncounted();
    /// let never = event_loop.create_future::<()>();
    /// assert!(event_loop.run_until_complete(never).unwrap_err().to_string().starts_with("deadlock"));
    /// assert!(watcher.call_soon_threadsafe(|| ()).is_ok());
    /// ```
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), is_counted: false }
    }

    /// Runs `f` in the loop's thread, in its next iteration and in a copy of the calling thread's context; wakes the loop if it
    /// sleeps. Calls from one thread run in their order; calls from the loop's own thread are in order with
    /// [`call_soon`](crate::EventLoop::call_soon).
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::thread;
    ///
    /// use asyncio::{get_running_loop, run, to_thread};
    ///
    /// run(async {
    ///     let (handle, here) = (get_running_loop()?.handle(), thread::current().id());
    ///     let called_in = to_thread(move || {
    ///         let (tell, told) = mpsc::channel();
    ///         handle.call_soon_threadsafe(move || tell.send(thread::current().id()).expect("it is waited for"))?;
    ///         Ok::<_, asyncio::Error>(told.recv()?)
    ///     });
    ///     assert_eq!(called_in.await??, here);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn call_soon_threadsafe(&self, f: impl FnOnce() + Send + 'static) -> Result<(), RuntimeError> {
        self.hand_in(Call::new(f))
    }

    /// Like [`call_soon_threadsafe`](Self::call_soon_threadsafe), but returns a handle with which any thread can cancel the
    /// call. (asyncio has only this form. Here it costs an allocation, which most callers do not need.)
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use std::thread;
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// static CALLED: AtomicBool = AtomicBool::new(false);
    ///
    /// run(async {
    ///     let handle = get_running_loop()?.handle();
    ///     let call = handle.call_soon_threadsafe_cancellable(|| CALLED.store(true, Ordering::Relaxed))?;
    ///     thread::spawn(move || call.cancel()).join().unwrap();
    ///     sleep(0).await
    /// })
    /// .unwrap();
    /// assert!(!CALLED.load(Ordering::Relaxed));
    /// ```
    pub fn call_soon_threadsafe_cancellable<F: FnOnce() + Send + 'static>(
        &self,
        f: F,
    ) -> Result<ThreadSafeHandle, RuntimeError> {
        let handle = ThreadSafeHandle::new(f);
        let queued = handle.clone();
        self.hand_in(Call::named::<F>(move || queued.run()))?;
        Ok(handle)
    }

    fn hand_in(&self, call: Box<Call>) -> Result<(), RuntimeError> {
        if self.is_closed() {
            return Err(RuntimeError::new("Event loop is closed"));
        }
        match self.running_here() {
            // In order with everything else that the loop's own thread queues.
            Some(core) => core.call_next(call),
            None => {
                self.shared.push(Remote::Call(call));
                conductor::give_way();
            }
        }
        Ok(())
    }

    /// The loop, if it runs in this thread.
    pub(crate) fn running_here(&self) -> Option<Rc<LoopCore>> {
        current::with_loop(|running| running.filter(|core| Arc::ptr_eq(&core.shared, &self.shared)).cloned())
    }

    /// Was the loop closed?
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// let handle = event_loop.handle();
    /// assert!(!handle.is_closed());
    /// drop(event_loop); // its owner closes it
    /// assert!(handle.is_closed());
    /// assert_eq!(handle.call_soon_threadsafe(|| ()).unwrap_err().to_string(), "Event loop is closed");
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}

impl Clone for LoopHandle {
    fn clone(&self) -> Self {
        if self.is_counted { Self::new(&self.shared) } else { self.uncounted() }
    }
}

impl Drop for LoopHandle {
    fn drop(&mut self) {
        if self.is_counted {
            self.shared.handle_dropped();
        }
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHandle").field("closed", &self.is_closed()).finish()
    }
}
