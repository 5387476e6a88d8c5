//! `Future`, a result that will come, and `AnyFuture`, the part of it that does not depend on the result's type.
//!
//! The core idea: plain futures, tasks and gathering futures begin with the same `FutureBase`; every handle is one counted
//! pointer to it (`cell` has both). The classes of asyncio become a chain of `Deref`: a `Task` is a `Future` is
//! an `AnyFuture`. Completing a future queues its callbacks and wakes its waiters in the order of registration; that is
//! all the scheduling there is here.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::asyncio::events::EventLoop;
use crate::error::exceptions::{InvalidStateError, RuntimeError};
use crate::error::{Error, Result};
use crate::kernel::{
    AnyFuture, Callback, FutureRef, Kind, LoopCore, Registered, Run, State, Wake, cancel, take_cancel,
    take_direct_cancel, wait_on_future,
};

impl AnyFuture {
    /// Is it over: finished with a result or an exception, or cancelled?
    #[must_use]
    pub fn done(&self) -> bool {
        !self.base().is_pending()
    }

    /// Did it end cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.base().is_cancelled()
    }

    /// The exception with which it ended, or `None` if it ended with a result. Counts as retrieving the exception.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` if it is not done, `CancelledError` if it was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{InvalidStateError, ValueError, create_task, run, wait};
    ///
    /// run(async {
    ///     let task = create_task(async { Err::<(), _>(ValueError::new("no tea").into()) });
    ///     assert!(task.exception().unwrap_err().is::<InvalidStateError>()); // it is not done
    ///     wait([&task]).await?;
    ///     assert!(task.exception()?.unwrap().is::<ValueError>());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn exception(&self) -> Result<Option<Error>> {
        match self.base().state() {
            State::Pending => Err(InvalidStateError::new("Exception is not set.").into()),
            State::Cancelled => Err(self.base().see_error().expect("cancelled with an error")),
            State::Failed | State::Finished => Ok(self.base().see_error()),
        }
    }

    /// Asks it to cancel. A plain future is cancelled at once; a task gets a `CancelledError` at its next step
    /// ([`Task`](crate::Task) says how); a gathering future asks its children. False if it was done already.
    pub fn cancel(&self) -> bool {
        cancel(self, None)
    }

    /// As [`cancel`](Self::cancel), with a message for the `CancelledError`: `cancel(msg)`.
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
    ///     assert!(task.cancelled() && !task.cancel()); // it is over
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub fn cancel_with(&self, message: impl Into<Arc<str>>) -> bool {
        cancel(self, Some(message.into()))
    }

    /// Removes one callback; true if it was still registered. (Python removes by the function, and all of its
    /// registrations; a key names just one.)
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

    /// The loop it belongs to.
    #[must_use]
    pub fn get_loop(&self) -> EventLoop {
        EventLoop::from_core(self.base().event_loop())
    }

    /// Runs `f` with this future once it is done, through the loop and never inline; on one that is done already, in the
    /// next iteration. Callbacks run in the order of registration, in a copy of the context of the caller.
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
    ///     let (future, told) = (event_loop.create_future::<i32>(), event_loop.create_future());
    ///     let tell = told.clone();
    ///     let any: &AnyFuture = &future;
    ///     let _ = any.add_done_callback(move |future| {
    ///         tell.set_result(future.cancelled()).expect("it is set only here");
    ///     });
    ///     future.cancel();
    ///     assert!(!told.done()); // the callback runs in the next iteration
    ///     assert!(told.await?);
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
        let run = Rc::new(DoneCallback {
            f: Cell::new(Some(f)),
            future: Cell::new(None),
            handle,
            vars: crate::contextvars::current(),
        });
        let known: Weak<dyn Run> = Rc::<DoneCallback<H, F>>::downgrade(&run);
        CallbackKey(self.add_callback(run, 0).map(|registered| (registered, known)))
    }

    /// Waits until it is done, without taking its result: a task's or future's end for one who needs only that.
    ///
    /// Raises the exception if it ended with one. Cancelling the waiting task cancels this future, as every await does.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, run};
    ///
    /// run(async {
    ///     let task = create_task(async { Ok(vec![1, 2]) });
    ///     task.join().await?; // its end, not its result
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

impl std::hash::Hash for AnyFuture {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.object.address().hash(state);
    }
}

/// The registration of a done-callback, for [`remove_done_callback`](AnyFuture::remove_done_callback).
// Not `Clone`: a key used twice could name somebody else's callback.
#[must_use = "the key is the only way to remove the callback; `let _ =` says that nobody will"]
pub struct CallbackKey(Option<(Registered, Weak<dyn Run>)>);

impl fmt::Debug for CallbackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackKey").finish_non_exhaustive()
    }
}

/// A user's done-callback. It gets hold of the future when that completes: otherwise a future that is never completed would
/// own itself.
struct DoneCallback<H, F> {
    f: Cell<Option<F>>,
    future: Cell<Option<AnyFuture>>,
    handle: fn(&AnyFuture) -> H,
    vars: crate::contextvars::Vars,
}

impl<H: 'static, F: FnOnce(&H) + 'static> Run for DoneCallback<H, F> {
    fn completed(&self, future: &AnyFuture) {
        self.future.set(Some(future.clone()));
    }

    fn run(&self, _key: u32) {
        let (Some(f), Some(future)) = (self.f.take(), self.future.take()) else { return };
        crate::kernel::run_callback(future.base().event_loop(), self.vars.clone(), &|| self.describe(), || {
            f(&(self.handle)(&future));
        });
    }

    fn describe(&self) -> String {
        format!("{}()", crate::base::names::function_name(std::any::type_name::<F>()))
    }
}

/// A result that will be set by somebody else: `asyncio.Future`.
///
/// Made by [`EventLoop::create_future`]. Clones are handles on the same future. Awaiting it by value *takes* the result
/// (nothing is copied; a second one who awaits by value gets a `RuntimeError`); awaiting a reference, `(&future).await`,
/// clones it and can be repeated. The one who completes it calls [`set_result`](Self::set_result),
/// [`set_exception`](Self::set_exception) or [`cancel`](AnyFuture::cancel).
///
/// # Cancellation
///
/// Cancelling a task that awaits the future cancels the future, and with it everybody who awaits it; see
/// [`shield`](crate::shield).
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
        Self::from_any(AnyFuture { object: FutureRef::plain::<T>(event_loop) })
    }

    /// The caller vouches that its result has the type `T`.
    pub(crate) fn from_any(any: AnyFuture) -> Self {
        debug_assert!(any.object.gives::<T>());
        Self { any, result: PhantomData }
    }

    /// Completes it with a result.
    ///
    /// # Errors
    ///
    /// `InvalidStateError: invalid state` if it is done; for a task `RuntimeError`, its result is its coroutine's.
    pub fn set_result(&self, result: T) -> Result<()> {
        self.check_open("set_result")?;
        self.any.finish(result);
        Ok(())
    }

    /// Completes it with an exception. If nobody ever asks for it, it is reported when the future goes.
    ///
    /// # Errors
    ///
    /// As [`set_result`](Self::set_result).
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
        if let Kind::Task(_) = self.object.kind() {
            return Err(RuntimeError::new(format!("Task does not support {operation} operation")).into());
        }
        if self.done() {
            return Err(InvalidStateError::new("invalid state").into());
        }
        Ok(())
    }

    /// A copy of the result; can be asked again.
    ///
    /// # Errors
    ///
    /// `InvalidStateError` if it is not done, `CancelledError` if it was cancelled, else the exception it ended with.
    pub fn result(&self) -> Result<T>
    where
        T: Clone,
    {
        self.outcome()?;
        self.object.with_value(|value: Option<&T>| value.cloned()).ok_or_else(taken)
    }

    /// Takes the result out, for types that cannot be cloned.
    ///
    /// # Errors
    ///
    /// As [`result`](Self::result), and `RuntimeError` if it was taken before.
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
        self.object.take_value().ok_or_else(taken)
    }

    /// Runs `f` with this future once it is done; see [`AnyFuture::add_done_callback`].
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

    /// This future without the type of its result.
    #[must_use]
    pub fn as_any(&self) -> &AnyFuture {
        &self.any
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

impl<T> std::hash::Hash for Future<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.any.hash(state);
    }
}

impl<T: 'static> IntoFuture for Future<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self, Future::take_result, Location::caller())
    }
}

impl<T: Clone + 'static> IntoFuture for &Future<T> {
    type Output = Result<T>;
    type IntoFuture = Await<Future<T>, T>;

    #[track_caller]
    fn into_future(self) -> Self::IntoFuture {
        Await::new(self.clone(), Future::result, Location::caller())
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = self.object.with_value(|value: Option<&T>| value.map(|value| format!("{value:?}")));
        f.write_str(&crate::kernel::repr(&self.any, result))
    }
}

impl fmt::Debug for AnyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::kernel::repr(self, None))
    }
}

/// An await of a future or task that is going on. Made by `.await`; dropping it stops waiting and cancels nothing.
#[must_use = "futures do nothing unless awaited"]
pub struct Await<H: AsRef<AnyFuture>, T> {
    handle: H,
    finish: fn(&H) -> Result<T>,
    waiting: Option<Registered>,
    /// Awaiting was refused; the error is raised at the next step, as CPython does.
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

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        let future = this.handle.as_ref();
        let base = future.base();
        if let Some(error) = this.refused.take() {
            // A cancellation that is to be raised takes the place of the refusal.
            return Poll::Ready(Err(take_cancel().map_or(error, Into::into)));
        }
        if base.is_pending() {
            if this.waiting.is_some()
                && let Some(cancelled) = take_direct_cancel()
            {
                return Poll::Ready(Err(cancelled.into()));
            }
            if let Err(error) = wait_on_future(future, this.location) {
                this.refused = Some(error);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match this.waiting {
                Some(registered) => base.update_waiter(registered, cx.waker()),
                None => this.waiting = Some(base.add(Callback::Wake(Wake::of(cx.waker())))),
            }
            return Poll::Pending;
        }
        if this.waiting.take().is_some()
            && let Some(cancelled) = take_cancel()
        {
            // The future's own cancellation has precedence: it is the one that came first.
            let own = base.see_error().filter(Error::is_cancelled);
            return Poll::Ready(Err(own.unwrap_or_else(|| cancelled.into())));
        }
        Poll::Ready((this.finish)(&this.handle))
    }
}

impl<H: AsRef<AnyFuture>, T> Drop for Await<H, T> {
    fn drop(&mut self) {
        // Only reached while waiting if the await was given up, by a select or an abort.
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

/// Waits for the end of a future; made by [`AnyFuture::join`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Join(Await<AnyFuture, ()>);

impl std::future::Future for Join {
    type Output = Result<()>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        std::pin::Pin::new(&mut self.0).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Clock, Runner, current_task};

    #[test]
    fn who_awaits_itself_is_told_where() {
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
