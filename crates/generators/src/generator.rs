//! `Generator`, which runs when its next item is requested. No loop is involved.
//!
//! The core idea: the body is polled with a waker that does nothing, since all that the body can wait for is the next
//! call.

use std::cell::Cell;
use std::fmt;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_runtime::{
    Error, GeneratorExit, Result, RuntimeError, TypeError, ValueError, coroutine_name, drop_nested, log,
};

use crate::yielder::{GeneratorYielder, Sent, Slot};

/// What a generator did when it was resumed.
///
/// # Examples
///
/// ```
/// use asyncio::generators::Resumed;
/// use asyncio::Generator;
///
/// let one: Generator<u32, (), &str> = Generator::new(async |mut y| {
///     y.yield_(1).await?;
///     Ok("the end")
/// });
/// assert_eq!(one.resume().unwrap(), Resumed::Yielded(1));
/// assert_eq!(one.resume().unwrap(), Resumed::StopIteration(Some("the end")));
/// assert_eq!(one.resume().unwrap(), Resumed::StopIteration(None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed<Y, R> {
    /// It stopped at a `yield` with this value.
    Yielded(Y),
    /// It has ended: Python's `StopIteration`, whose `value` is what the body returned; `None` if it had ended before.
    StopIteration(Option<R>),
}

/// A generator that yields `Y`, can be sent `S` and returns `R`: what calling a Python function with a `yield` in it
/// returns.
///
/// It is an iterator over `Result<Y>`: `next` runs it to its next `yield` and returns the error if the body raises one.
/// Nothing runs before the first `next`. A clone is a handle on the same generator. When the last handle is dropped,
/// the generator is [closed](Self::close) if it stands at a `yield`; an error while closing is reported on standard
/// error.
///
/// # Examples
///
/// ```
/// use asyncio::generators::Resumed;
/// use asyncio::Generator;
///
/// // def averager(): the mean of what was sent so far
/// let averager: Generator<f64, f64, &str> = Generator::new(async |mut y| {
///     let (mut sum, mut count) = (0.0, 0.0);
///     while let Some(number) = y.yield_(sum / f64::max(count, 1.0)).await? {
///         sum += number;
///         count += 1.0;
///     }
///     Ok("done")
/// });
/// averager.resume().unwrap(); // to the first yield
/// assert_eq!(averager.send(10.0).unwrap(), Resumed::Yielded(10.0));
/// assert_eq!(averager.send(20.0).unwrap(), Resumed::Yielded(15.0));
/// assert_eq!(averager.resume().unwrap(), Resumed::StopIteration(Some("done")));
/// ```
pub struct Generator<Y: 'static, S: 'static = (), R: 'static = ()> {
    /// `None` while it is dropped.
    inner: Option<Rc<Inner<Y, S, R>>>,
}

struct Inner<Y: 'static, S: 'static, R: 'static> {
    name: &'static str,
    slot: Rc<Slot<Y, S>>,
    /// `None` while the body runs and after its end.
    body: Cell<Option<GeneratorBody<R>>>,
    started: Cell<bool>,
    running: Cell<bool>,
}

pub(crate) type GeneratorBody<R> = Pin<Box<dyn Future<Output = Result<R>>>>;

/// A zero-sized type counts as Python's `None`: its value may be sent where there is no `yield` to receive it.
pub(crate) const fn is_none<S>() -> bool {
    size_of::<S>() == 0
}

/// Marks a generator as running while this value lives, even if the body panics.
pub(crate) struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    /// Returns `None` if the generator runs already.
    pub(crate) fn begin(flag: &'a Cell<bool>) -> Option<Self> {
        (!flag.replace(true)).then(|| Self(flag))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<Y: 'static, S: 'static, R: 'static> Generator<Y, S, R> {
    /// Creates a generator with this body: an `async` closure or function that takes the [`GeneratorYielder`].
    ///
    /// The body cannot await anything but its `yield`s.
    #[must_use = "a generator does nothing unless it is asked for items"]
    pub fn new<F>(body: impl FnOnce(GeneratorYielder<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<R>> + 'static,
    {
        let slot = Slot::new();
        let body: GeneratorBody<R> = Box::pin(body(GeneratorYielder::new(&slot)));
        Self {
            inner: Some(Rc::new(Inner {
                name: coroutine_name::<F>(),
                slot,
                body: Cell::new(Some(body)),
                started: Cell::new(false),
                running: Cell::new(false),
            })),
        }
    }

    /// Runs the body to its next `yield` or its end: `next(gen)`, or `gen.send(None)`. Unlike the iterator's `next` it
    /// also returns the value that the body returns.
    ///
    /// # Errors
    ///
    /// Any error of the body; `ValueError: generator already executing` if the body itself calls it; `RuntimeError` if
    /// the body awaits anything but a `yield`.
    #[doc(alias("__next__", "next"))]
    pub fn resume(&self) -> Result<Resumed<Y, R>> {
        self.resume_with(Ok(None))
    }

    /// Resumes the body like [`resume`](Self::resume), but the `yield` at which it stands returns `value`:
    /// `gen.send(value)`.
    ///
    /// # Errors
    ///
    /// `TypeError: can't send non-None value to a just-started generator`; the generator then does not start. The
    /// errors of [`resume`](Self::resume).
    pub fn send(&self, value: S) -> Result<Resumed<Y, R>> {
        self.resume_with(Ok(Some(value)))
    }

    /// Resumes the body like [`resume`](Self::resume), but the `yield` at which it stands raises `error`:
    /// `gen.throw(error)`. A generator that has not started ends.
    ///
    /// # Errors
    ///
    /// `error` itself unless the body catches it; the errors of [`resume`](Self::resume).
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::generators::Resumed;
    /// use asyncio::{Generator, ValueError};
    ///
    /// let forgiving: Generator<&str> = Generator::new(async |mut y| {
    ///     let error = y.yield_("ready").await.unwrap_err();
    ///     assert!(error.is::<ValueError>());
    ///     y.yield_("never mind").await?;
    ///     Ok(())
    /// });
    /// forgiving.resume().unwrap();
    /// let error = ValueError::new("no such row");
    /// assert_eq!(forgiving.throw(error.clone()).unwrap(), Resumed::Yielded("never mind"));
    /// assert!(forgiving.throw(error).unwrap_err().is::<ValueError>()); // `?` lets it through
    /// ```
    pub fn throw(&self, error: impl Into<Error>) -> Result<Resumed<Y, R>> {
        self.resume_with(Err(error.into()))
    }

    /// Ends the generator: raises [`GeneratorExit`] in the body, at the `yield` where it stands, and returns what the
    /// body then returns: `gen.close()`. A generator that has ended or has not started can be closed, too.
    ///
    /// # Errors
    ///
    /// `RuntimeError: generator ignored GeneratorExit` if the body yields once more; any other error of the body;
    /// `ValueError: generator already executing`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::generators::Resumed;
    /// use asyncio::Generator;
    ///
    /// let stubborn = Generator::<u32>::new(async |mut y| {
    ///     let _ = y.yield_(1).await;
    ///     y.yield_(2).await?;
    ///     Ok(())
    /// });
    /// stubborn.resume().unwrap();
    /// assert_eq!(stubborn.close().unwrap_err().to_string(), "generator ignored GeneratorExit");
    /// assert_eq!(stubborn.close().unwrap(), None); // the second time it lets it through
    /// ```
    pub fn close(&self) -> Result<Option<R>> {
        self.inner().close()
    }

    fn inner(&self) -> &Rc<Inner<Y, S, R>> {
        self.inner.as_ref().expect("it is not being dropped")
    }

    pub(crate) fn resume_with(&self, sent: Sent<S>) -> Result<Resumed<Y, R>> {
        self.inner().resume_with(sent)
    }
}

impl<Y: 'static, S: 'static, R: 'static> Inner<Y, S, R> {
    fn resume_with(&self, sent: Sent<S>) -> Result<Resumed<Y, R>> {
        let Some(_running) = Running::begin(&self.running) else {
            return Err(ValueError::new("generator already executing").into());
        };
        let Some(mut body) = self.body.take() else {
            return sent.map(|_| Resumed::StopIteration(None));
        };
        if self.started.get() {
            self.slot.send(sent);
        } else if sent?.is_some() && !is_none::<S>() {
            self.body.set(Some(body));
            return Err(TypeError::new("can't send non-None value to a just-started generator").into());
        }
        self.started.set(true);
        match body.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map(|value| Resumed::StopIteration(Some(value))),
            Poll::Pending => {
                let Some(item) = self.slot.take_yielded() else {
                    return Err(RuntimeError::new("a generator cannot await, an asynchronous one can").into());
                };
                self.body.set(Some(body));
                Ok(Resumed::Yielded(item))
            }
        }
    }

    fn close(&self) -> Result<Option<R>> {
        match self.resume_with(Err(GeneratorExit.into())) {
            Ok(Resumed::StopIteration(value)) => Ok(value),
            Ok(Resumed::Yielded(_)) => Err(RuntimeError::new("generator ignored GeneratorExit").into()),
            Err(error) if error.is::<GeneratorExit>() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Drop for Inner<Y, S, R> {
    fn drop(&mut self) {
        // A second panic during a panic would end the process, so only the destructors of the body run.
        if !std::thread::panicking()
            && let Err(error) = self.close()
        {
            log::warning(format_args!("Exception ignored in: <generator object {} at {self:p}>\n{error:?}", self.name));
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Drop for Generator<Y, S, R> {
    fn drop(&mut self) {
        // The body may own the next generator, and so on.
        if let Some(inner) = self.inner.take()
            && Rc::strong_count(&inner) == 1
        {
            drop_nested(inner);
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Clone for Generator<Y, S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Iterator for Generator<Y, S, R> {
    type Item = Result<Y>;

    fn next(&mut self) -> Option<Result<Y>> {
        match self.resume() {
            Ok(Resumed::Yielded(item)) => Some(Ok(item)),
            Ok(Resumed::StopIteration(_)) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> FusedIterator for Generator<Y, S, R> {}

/// Like Python: `<generator object NAME at 0x…>`.
impl<Y: 'static, S: 'static, R: 'static> fmt::Debug for Generator<Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<generator object {} at {:p}>", self.inner().name, *self.inner())
    }
}
