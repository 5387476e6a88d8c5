//! `Future`, a result that will be set later, and `AnyFuture`, the part of it that does not depend on the result's type.
//!
//! The core idea: plain futures, tasks and gathering futures all begin with the same `FutureBase` (see `kernel/memory`), and
//! every handle is one counted pointer to it. asyncio's class hierarchy is a chain of `Deref`: a `Task` is a `Future` is an
//! `AnyFuture`. Completing a future queues its callbacks and wakes its waiters in the order of registration; that is all the
//! scheduling that happens here.

use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use asyncio_contextvars::{self as contextvars, Vars};
use asyncio_errors::names::function_name;
use asyncio_errors::{Error, InvalidStateError, Result, RuntimeError};

use crate::asyncio::repr;
use crate::kernel::{
    AnyFuture, Callback, Kind, LoopCore, Registered, Run, State, Text, Wake, cancel, note_making, run_callback,
    take_cancel, take_direct_cancel, wait_on_future,
};

impl AnyFuture {
    /// Is the future done: finished with a result or an exception, or cancelled?
    #[must_use]
    pub fn done(&self) -> bool {
        !self.base().is_pending()
    }

    /// Was the future cancelled? For a task: has it ended with a `CancelledError`?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.base().is_cancelled()
    }

    /// The exception with which the future is done, or `None` if it has a result. A failure whose exception was read here is
    /// not reported as "never retrieved".
    ///
    /// # Errors
    ///
    /// `InvalidStateError: Exception is not set.` if it is not done, `CancelledError` if it was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{InvalidStateError, ValueError, create_task, run, wait};
    ///
    /// run(async {
    ///     let task = create_task(async { Err::<(), _>(ValueError::new("no tea").into()) });
    ///     assert!(task.exception().unwrap_err().is::<InvalidStateError>()); // not done yet
    ///     wait([&task]).await?;
    ///     assert!(task.exception()?.unwrap().is::<ValueError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn exception(&self) -> Result<Option<Error>> {
        match self.base().state() {
            State::New | State::Pending | State::Visited | State::Aborted => {
                Err(InvalidStateError::new("Exception is not set.").into())
            }
            State::Cancelled => Err(self.base().see_error().expect("cancelled with an error")),
            State::Failed | State::Finished => Ok(self.base().see_error()),
        }
    }

    /// Requests cancellation. A plain future is cancelled at once; a task gets a `CancelledError` at its next step, which it
    /// may catch (see [`Task`](crate::Task)); a `gather` passes the request to its members.
    ///
    /// Returns false if the future was done already; then nothing happens.
    pub fn cancel(&self) -> bool {
        cancel(self, None)
    }

    /// Like [`cancel`](Self::cancel), with a message for the `CancelledError`: `future.cancel(msg)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{CancelledError, create_task, run, sleep};
    ///
    /// run(async {
    ///     let task = create_task(sleep(3600));
    ///     assert!(task.cancel_with("the kettle is broken"));
    ///     let error = (&task).await.unwrap_err();
    ///     assert_eq!(error.downcast_ref(), Some(&CancelledError::new("the kettle is broken")));
    ///     assert!(task.cancelled() && !task.cancel()); // too late
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        cancel(self, Some(message.into()))
    }

    /// Removes one callback; returns true if it was still registered. (Python takes the function and removes all of its
    /// registrations. A key stands for one registration.)
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// run(async {
    ///     let (future, called) = (get_running_loop()?.create_future(), Rc::new(Cell::new(false)));
    ///     let call = Rc::clone(&called);
    ///     let key = future.add_done_callback(move |_| call.set(true));
    ///     assert!(future.remove_done_callback(key));
    ///     future.set_result(1)?;
    ///     sleep(0).await?;
    ///     assert!(!called.get());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn remove_done_callback(&self, key: CallbackKey) -> bool {
        key.0.is_some_and(|(registered, run)| self.base().remove_call(registered, &run))
    }

    /// Identifies the future among all that live at the same time: `id(future)`. Unlike a clone, it does not keep the future
    /// alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run};
    ///
    /// run(async {
    ///     let (one, other) = (create_task(async { Ok(()) }), create_task(async { Ok(()) }));
    ///     assert!(one.id() == one.clone().id() && one.id() != other.id());
    ///     one.await?;
    ///     other.await
    /// })
    /// .unwrap();
    /// ```
    #[must_use]
    pub fn id(&self) -> usize {
        self.address()
    }

    /// Arranges that the loop calls `f` with this future when it is done; if it is done already, in the next iteration.
    /// Callbacks run in the order of registration, each in a copy of the context of its `add_done_callback`.
    ///
    /// A panic in `f` goes to the loop's exception handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AnyFuture, get_running_loop, run, sleep};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (future, was_cancelled) = (event_loop.create_future::<i32>(), event_loop.create_future());
    ///     let answer = was_cancelled.clone();
    ///     let any: &AnyFuture = &future;
    ///     let _ = any.add_done_callback(move |future| {
    ///         answer.set_result(future.cancelled()).expect("it is set only here");
    ///     });
    ///     future.cancel();
    ///     assert!(!was_cancelled.done()); // the callback runs in the next iteration
    ///     assert!(was_cancelled.await?);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_done_callback(&self, f: impl FnOnce(&AnyFuture) + 'static) -> CallbackKey {
        self.add_named_callback(f, |any| any.clone())
    }

    pub(crate) fn add_named_callback<H: 'static, F: FnOnce(&H) + 'static>(
        &self,
        f: F,
        handle: fn(&AnyFuture) -> H,
    ) -> CallbackKey {
        let (f, vars) = (Cell::new(Some(f)), contextvars::current());
        let run: Rc<dyn Run> = Rc::new(DoneCallback { f, future: Cell::new(None), handle, vars });
        let known = Rc::downgrade(&run);
        CallbackKey(self.add_callback(run, 0).map(|registered| (registered, known)))
    }

    /// Waits until the future is done, and leaves its result in it.
    ///
    /// # Errors
    ///
    /// The exception with which it is done; `CancelledError` if it was cancelled.
    ///
    /// # Panics
    ///
    /// If it is a task that panicked.
    ///
    /// # Cancellation
    ///
    /// Cancelling the task that waits cancels this future, as with every await of one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run};
    ///
    /// run(async {
    ///     let task = create_task(async { Ok(vec![1, 2]) });
    ///     task.join().await?; // the result stays where it is
    ///     assert_eq!(task.take_result()?, [1, 2]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn join(&self) -> Join {
        Join(Await::new(self.clone(), |any| any.outcome(), Location::caller()))
    }
}

impl PartialEq for AnyFuture {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for AnyFuture {}

impl Hash for AnyFuture {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

/// The registration of a done-callback, for [`remove_done_callback`](AnyFuture::remove_done_callback).
///
/// Dropping it leaves the callback registered.
// Not `Clone`: a key that is used twice could remove another callback.
pub struct CallbackKey(Option<(Registered, Weak<dyn Run>)>);

impl fmt::Debug for CallbackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackKey").finish_non_exhaustive()
    }
}

/// A user's done-callback.
struct DoneCallback<H, F> {
    f: Cell<Option<F>>,
    /// Set only when the future is done. Otherwise a future that never completes would own itself through its callback.
    future: Cell<Option<AnyFuture>>,
    /// Makes the handle that `f` is called with.
    handle: fn(&AnyFuture) -> H,
    vars: Vars,
}

impl<H: 'static, F: FnOnce(&H) + 'static> Run for DoneCallback<H, F> {
    fn completed(&self, future: &AnyFuture) {
        self.future.set(Some(future.clone()));
    }

    fn run(&self, _key: u32) {
        let (Some(f), Some(future)) = (self.f.take(), self.future.take()) else { return };
        let describe = || self.describe();
        run_callback(future.base().event_loop(), self.vars.clone(), &describe, || f(&(self.handle)(&future)));
    }

    fn describe(&self) -> Text {
        format!("{}()", function_name(std::any::type_name::<F>())).into()
    }
}

/// A result that will be set later: `asyncio.Future`.
///
/// Made by [`EventLoop::create_future`](crate::EventLoop::create_future). Clones are handles of the same future. Its producer
/// calls [`set_result`](Self::set_result), [`set_exception`](Self::set_exception) or [`cancel`](AnyFuture::cancel); its
/// consumers await it.
///
/// `future.await` *takes* the result: nothing is cloned, and a second await by value is a `RuntimeError`. `(&future).await`
/// clones the result and can be repeated.
///
/// # Cancellation
///
/// Cancelling a task that awaits the future cancels the future, and with it all other tasks that await it. To prevent that,
/// await it through [`shield`](crate::shield). Dropping an await, by a `select!` for example, only stops waiting.
///
/// # Panics
///
/// Awaiting a [`Task`](crate::Task) resumes its panic. A plain future has none.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, get_running_loop, run};
///
/// run(async {
///     let future = get_running_loop()?.create_future();
///     let setter = future.clone();
///     let task = create_task(async move { Ok(setter.set_result(9)?) });
///     assert_eq!((&future).await?, 9);
///     assert_eq!(format!("{future:?}"), "<Future finished result=9>");
///     task.await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Future<T> {
    any: AnyFuture,
    result: PhantomData<fn() -> T>,
}

impl<T: 'static> Future<T> {
    pub(crate) fn new(event_loop: &Rc<LoopCore>) -> Self {
        Self::from_any(AnyFuture::plain::<T>(event_loop, None))
    }

    /// The caller guarantees that the result has the type `T`.
    pub(crate) fn from_any(any: AnyFuture) -> Self {
        debug_assert!(any.gives::<T>());
        Self { any, result: PhantomData }
    }

    /// Completes the future with a result.
    ///
    /// # Errors
    ///
    /// `InvalidStateError: invalid state` if it is done, `RuntimeError` if it is a task, whose result comes from its
    /// coroutine.
    pub fn set_result(&self, result: T) -> Result<()> {
        self.check_open("set_result")?;
        note_handing_over::<T>();
        self.any.finish(result);
        Ok(())
    }

    /// Completes the future with an exception. If nothing retrieves it, it is reported when the future is dropped:
    /// `Future exception was never retrieved`.
    ///
    /// # Errors
    ///
    /// Like [`set_result`](Self::set_result).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{InvalidStateError, ValueError, get_running_loop, run};
    ///
    /// run(async {
    ///     let future = get_running_loop()?.create_future::<i32>();
    ///     future.set_exception(ValueError::new("no such row"))?;
    ///     assert!(future.set_result(1).unwrap_err().is::<InvalidStateError>());
    ///     assert!(future.await.unwrap_err().is::<ValueError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn set_exception(&self, exception: impl Into<Error>) -> Result<()> {
        self.check_open("set_exception")?;
        self.any.finish_with_error(exception.into());
        Ok(())
    }

    fn check_open(&self, operation: &str) -> Result<()> {
        if let Kind::Task(_) = self.kind() {
            return Err(RuntimeError::new(format!("Task does not support {operation} operation")).into());
        }
        if self.done() {
            return Err(InvalidStateError::new("invalid state").into());
        }
        Ok(())
    }

    /// A clone of the result, which stays in the future.
    ///
    /// # Errors
    ///
    /// `InvalidStateError: Result is not set.` if the future is not done, `CancelledError` if it was cancelled, the exception
    /// if it has one, and `RuntimeError` if the result was taken.
    ///
    /// # Panics
    ///
    /// If this is a task that panicked.
    pub fn result(&self) -> Result<T>
    where
        T: Clone,
    {
        self.outcome()?;
        self.with_value(|value: Option<&T>| value.cloned()).ok_or_else(taken)
    }

    /// Moves the result out of the future. Needed for types that cannot be cloned.
    ///
    /// # Errors
    ///
    /// Like [`result`](Self::result).
    ///
    /// # Panics
    ///
    /// If this is a task that panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{RuntimeError, get_running_loop, run};
    ///
    /// run(async {
    ///     let future = get_running_loop()?.create_future();
    ///     future.set_result(String::from("tea"))?;
    ///     assert_eq!(future.result()?, "tea"); // a copy
    ///     assert_eq!(future.take_result()?, "tea"); // the result itself
    ///     assert!(future.result().unwrap_err().is::<RuntimeError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn take_result(&self) -> Result<T> {
        self.outcome()?;
        self.take_value().ok_or_else(taken)
    }

    /// Arranges that the loop calls `f` with this future when it is done; if it is done already, in the next iteration.
    /// Callbacks run in the order of registration, each in a copy of the context of its `add_done_callback`.
    ///
    /// A panic in `f` goes to the loop's exception handler. ([`AnyFuture`] has the same method, for a callback that does not
    /// need the type of the result.)
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{get_running_loop, run};
    ///
    /// run(async {
    ///     let event_loop = get_running_loop()?;
    ///     let (celsius, kelvin) = (event_loop.create_future(), event_loop.create_future());
    ///     let converted = kelvin.clone();
    ///     let _ = celsius.add_done_callback(move |celsius| {
    ///         let celsius: f64 = celsius.result().expect("it is set below");
    ///         converted.set_result(celsius + 273.15).expect("it is set only here");
    ///     });
    ///     celsius.set_result(100.0)?;
    ///     assert_eq!(kelvin.await?, 373.15);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn add_done_callback(&self, f: impl FnOnce(&Future<T>) + 'static) -> CallbackKey {
        self.any.add_named_callback(f, |any| Future { any: any.clone(), result: PhantomData })
    }

    /// This future, without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        &self.any
    }
}

/// Notes that the current task hands a `T` to other tasks. It may contain guards, unless dropping it does nothing.
#[inline]
pub fn note_handing_over<T>() {
    if std::mem::needs_drop::<T>() {
        note_making();
    }
}

fn taken() -> Error {
    RuntimeError::new("the result was taken before: await a reference to keep it").into()
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Self {
        Self { any: self.any.clone(), result: PhantomData }
    }
}

impl<T> Deref for Future<T> {
    type Target = AnyFuture;

    fn deref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<T> PartialEq for Future<T> {
    fn eq(&self, other: &Self) -> bool {
        self.any == other.any
    }
}

impl<T> Eq for Future<T> {}

impl<T> Hash for Future<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.any.hash(state);
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = self.with_value(|value: Option<&T>| value.map(|value| format!("{value:?}")));
        f.write_str(&repr::future(&self.any, result))
    }
}

impl fmt::Debug for AnyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr::future(self, None))
    }
}

/// An await of a future or task; made by `.await`.
///
/// Dropping it stops waiting and cancels nothing.
#[must_use = "futures do nothing unless awaited"]
pub struct Await<H: AsRef<AnyFuture>, T> {
    handle: H,
    finish: fn(&H) -> Result<T>,
    /// The callback that wakes the task, once the await has suspended.
    waiting: Option<Registered>,
    /// The error of an await that is not allowed (a task awaiting itself). CPython raises it at the task's next step.
    refused: Option<Error>,
    location: &'static Location<'static>,
}

impl<H: AsRef<AnyFuture>, T> Await<H, T> {
    pub(crate) fn new(handle: H, finish: fn(&H) -> Result<T>, location: &'static Location<'static>) -> Self {
        Self { handle, finish, waiting: None, refused: None, location }
    }
}

impl AsRef<AnyFuture> for AnyFuture {
    fn as_ref(&self) -> &AnyFuture {
        self
    }
}

impl<T> AsRef<AnyFuture> for Future<T> {
    fn as_ref(&self) -> &AnyFuture {
        &self.any
    }
}

impl<H: AsRef<AnyFuture>, T> Unpin for Await<H, T> {}

impl<H: AsRef<AnyFuture>, T> std::future::Future for Await<H, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        let future = this.handle.as_ref();
        let base = future.base();
        // 1. The await was refused at the step before: raise the error now. A cancellation that has arrived since replaces it.
        if let Some(error) = this.refused.take() {
            return Poll::Ready(Err(take_cancel().unwrap_or(error)));
        }
        // 2. The future is not done: suspend, or stay suspended.
        if base.is_pending() {
            // The wait itself was cancelled, because the future could not be: raise that. Any other cancellation of this task
            // has cancelled the future, and arrives when the future is done.
            if this.waiting.is_some()
                && let Some(cancelled) = take_direct_cancel()
            {
                return Poll::Ready(Err(cancelled));
            }
            // Record in the task what it waits for, so that a cancellation finds the future.
            if let Err(error) = wait_on_future(future, this.location) {
                this.refused = Some(error);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            // Register the waker, once: when polled again, only replace it.
            match this.waiting {
                Some(registered) => base.update_waker(registered, cx.waker()),
                None => this.waiting = Some(base.add(Callback::Wake(Wake::of(cx.waker())))),
            }
            return Poll::Pending;
        }
        // 3. The future is done, and this task was suspended until then: a cancellation may have arrived meanwhile.
        if this.waiting.take().is_some()
            && let Some(cancelled) = take_cancel()
        {
            // If the future was cancelled as well, raise its error: it came first and may have another message.
            let own = base.see_error().filter(Error::is_cancelled);
            return Poll::Ready(Err(own.unwrap_or(cancelled)));
        }
        // 4. Otherwise return what the future has.
        Poll::Ready((this.finish)(&this.handle))
    }
}

impl<H: AsRef<AnyFuture>, T> Drop for Await<H, T> {
    fn drop(&mut self) {
        // Still registered: the await was dropped while suspended, by a `select!` for example.
        if let Some(registered) = self.waiting {
            self.handle.as_ref().base().remove_callback(registered);
        }
    }
}

impl<H: AsRef<AnyFuture>, T> fmt::Debug for Await<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<await at {}>", self.location)
    }
}

/// Waits until a future is done; made by [`AnyFuture::join`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Join(Await<AnyFuture, ()>);

impl std::future::Future for Join {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Clock, Runner, current_task};

    #[test]
    fn a_task_that_awaits_itself_is_told_where() {
        let message = Runner::new().clock(Clock::Virtual).run(async {
            let myself = current_task()?.expect("a task runs");
            let line = line!() + 1;
            let error = myself.join().await.unwrap_err();
            Ok((error.to_string(), line))
        });
        let (message, line) = message.unwrap();
        assert!(message.starts_with("Task cannot await on itself: <Task pending "), "{message}");
        assert!(message.contains(&format!("futures.rs:{line}>")), "{message}");
    }
}
