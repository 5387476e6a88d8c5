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
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::callbacks::{Callback, Callbacks, FIRST, Registered};
use crate::cell::{FutureBase, FutureRef, Kind};
use crate::error::{Error, Result};
use crate::events::EventLoop;
use crate::exceptions::{CancelledError, InvalidStateError, RuntimeError};
use crate::loop_core::LoopCore;
use crate::marks::{Mark, State};
use crate::memory::{Memory, NOBODY};
use crate::ordered::Ordered;
use crate::ready::Run;
use crate::tasks;
use crate::waking::Wake;

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

    fn set_unseen(&self) {
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
        self.with_callbacks(|callbacks| crate::repr::callbacks(callbacks))
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
    fn remove_call(&self, registered: Registered, call: &Weak<dyn Run>) -> bool {
        let callback = self.with_callbacks(|callbacks| {
            let is_it = callbacks.call(registered).is_some_and(|run| ptr::addr_eq(Rc::as_ptr(run), call.as_ptr()));
            if is_it { callbacks.remove(registered) } else { None }
        });
        callback.is_some()
    }

    #[inline]
    fn add(&self, callback: Callback) -> Registered {
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
    fn update_waiter(&self, registered: Registered, waker: &Waker) {
        if !self.with_callbacks(|callbacks| callbacks.wakes(registered, waker)) {
            let wake = Wake::of(waker);
            let old = self.with_callbacks(|callbacks| callbacks.replace(registered, wake));
            drop(old);
        }
    }
}

/// A future or task of which the result's type is not known: what `wait`, `gather` and callbacks have in common.
///
/// Clones are handles on the same future; `==` asks whether two handles are. Every [`Future`] and [`Task`](crate::Task)
/// derefs to it, so its methods are theirs.
///
/// ```
/// use asyncio_runtime::{AnyFuture, create_task, run};
///
/// run(async {
///     let (number, text) = (create_task(async { Ok(1) }), create_task(async { Ok("one") }));
///     let both: [&AnyFuture; 2] = [&number, &text];
///     for future in both {
///         assert_eq!(*future, future.clone());
///         future.join().await?;
///         assert!(future.done() && !future.cancelled());
///     }
///     assert_eq!((number.result()?, text.result()?), (1, "one"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct AnyFuture {
    pub(crate) object: FutureRef,
}

impl AnyFuture {
    pub(crate) fn base(&self) -> &FutureBase {
        &self.object
    }

    /// Ends it well.
    pub(crate) fn finish<T: 'static>(&self, value: T) {
        self.end(State::Finished, self.object.memory_of(value));
    }

    pub(crate) fn finish_with_error(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Failed, Memory::Error(error));
    }

    pub(crate) fn finish_cancelled(&self, message: Option<Arc<str>>) {
        let memory = message.map(|message| Memory::Error(CancelledError::from_message(Some(message)).into()));
        self.end(State::Cancelled, memory.unwrap_or(Memory::Cancelled));
    }

    /// Ends a task whose coroutine raised this.
    pub(crate) fn finish_with_cancellation(&self, error: Error) {
        self.base().set_unseen();
        self.end(State::Cancelled, Memory::Error(error));
    }

    fn end(&self, state: State, memory: Memory) {
        let base = self.base();
        if let Kind::Task(task) = self.object.kind() {
            task.unregister();
        }
        base.marks.set_state(state);
        let Memory::Callbacks(callbacks) = base.replace_memory(memory) else { return };
        match callbacks {
            Callbacks::None => {}
            Callbacks::Wake(wake) => wake.wake(),
            Callbacks::Call(run, key) => self.queue(run, key),
            Callbacks::Many(list) => self.tell(*list),
        }
    }

    fn tell(&self, mut list: Ordered<Callback>) {
        for callback in list.drain() {
            match callback {
                Callback::Wake(wake) => wake.wake(),
                Callback::Call(run, key) => self.queue(run, key),
            }
        }
    }

    /// Registers a callback; on a done future it is queued at once.
    pub(crate) fn add_callback(&self, run: Rc<dyn Run>, key: u32) -> Option<Registered> {
        if self.done() {
            self.queue(run, key);
            return None;
        }
        Some(self.base().add(Callback::Call(run, key)))
    }

    fn queue(&self, run: Rc<dyn Run>, key: u32) {
        run.completed(self);
        self.base().event_loop().call(run, key);
    }

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
    /// ```
    /// use asyncio_runtime::{InvalidStateError, ValueError, create_task, run, wait};
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
        tasks::cancel(self, None)
    }

    /// As [`cancel`](Self::cancel), with a message for the `CancelledError`: `cancel(msg)`.
    ///
    /// ```
    /// use asyncio_runtime::{CancelledError, create_task, run, sleep};
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
        tasks::cancel(self, Some(message.into()))
    }

    /// Removes one callback; true if it was still registered. (Python removes by the function, and all of its
    /// registrations; a key names just one.)
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio_runtime::{get_running_loop, run, sleep};
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
    /// ```
    /// use asyncio_runtime::{AnyFuture, get_running_loop, run, sleep};
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

    pub(crate) fn is(&self, other: &AnyFuture) -> bool {
        self.object.is_same(&other.object)
    }

    /// Waits until it is done, without taking its result: a task's or future's end for one who needs only that.
    ///
    /// Raises the exception if it ended with one. Cancelling the waiting task cancels this future, as every await does.
    ///
    /// ```
    /// use asyncio_runtime::{create_task, run};
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

    /// `Ok` if it ended with a result, else what it ended with.
    pub(crate) fn outcome(&self) -> Result<()> {
        match self.base().state() {
            State::Finished => Ok(()),
            State::Pending => Err(InvalidStateError::new("Result is not set.").into()),
            State::Cancelled => self.base().see_error().map_or(Ok(()), Err),
            State::Failed => self.base().see_error().map_or(Ok(()), |error| Err(tasks::resume_panic(error))),
        }
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
        crate::events::run_callback(future.base().event_loop(), self.vars.clone(), &|| self.describe(), || {
            f(&(self.handle)(&future));
        });
    }

    fn describe(&self) -> String {
        format!("{}()", crate::coroutines::function_name(std::any::type_name::<F>()))
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
/// ```
/// use asyncio_runtime::{create_task, get_running_loop, run};
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
    /// ```
    /// use asyncio_runtime::{InvalidStateError, ValueError, get_running_loop, run};
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
    /// ```
    /// use asyncio_runtime::{RuntimeError, get_running_loop, run};
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
    /// ```
    /// use asyncio_runtime::{get_running_loop, run};
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
        f.write_str(&crate::repr::future(&self.any, result))
    }
}

impl fmt::Debug for AnyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::repr::future(self, None))
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
            return Poll::Ready(Err(tasks::take_cancel().map_or(error, Into::into)));
        }
        if base.is_pending() {
            if this.waiting.is_some()
                && let Some(cancelled) = tasks::take_direct_cancel()
            {
                return Poll::Ready(Err(cancelled.into()));
            }
            if let Err(error) = tasks::wait_on_future(future, this.location) {
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
            && let Some(cancelled) = tasks::take_cancel()
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
