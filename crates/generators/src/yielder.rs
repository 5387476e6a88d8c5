//! The two slots between a body and the code that resumes it: one for the yielded value, one for the answer.
//!
//! The core idea: a body that yields puts the value into the slot and suspends. If the code that polls the body finds
//! the slot full, the body stands at a `yield`; if it finds the slot empty, at an `await`.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use asyncio_runtime::{GeneratorExit, Result};

use crate::generator::{Generator, Resumed};

/// What is sent into a generator: nothing, a value, or an error.
pub(crate) type Sent<S> = Result<Option<S>>;

pub(crate) struct Slot<Y, S> {
    yielded: Cell<Option<Y>>,
    sent: Cell<Option<Sent<S>>>,
}

impl<Y, S> Slot<Y, S> {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { yielded: Cell::new(None), sent: Cell::new(None) })
    }

    /// Answers the `yield` at which the body stands.
    pub(crate) fn send(&self, sent: Sent<S>) {
        self.sent.set(Some(sent));
    }

    pub(crate) fn take_yielded(&self) -> Option<Y> {
        self.yielded.take()
    }
}

/// The handle through which the body of a [`Generator`] yields `Y` and is sent `S`.
///
/// # Examples
///
/// ```
/// use asyncio::generators::GeneratorYielder;
/// use asyncio::{Generator, Result};
///
/// async fn countdown(mut y: GeneratorYielder<u32>) -> Result<()> {
///     y.yield_(3).await?;
///     y.yield_each([2, 1]).await
/// }
///
/// let numbers: Vec<u32> = Generator::new(countdown).map(Result::unwrap).collect();
/// assert_eq!(numbers, [3, 2, 1]);
/// ```
pub struct GeneratorYielder<Y: 'static, S: 'static = ()> {
    slot: Rc<Slot<Y, S>>,
}

impl<Y: 'static, S: 'static> GeneratorYielder<Y, S> {
    pub(crate) fn new(slot: &Rc<Slot<Y, S>>) -> Self {
        Self { slot: Rc::clone(slot) }
    }

    /// Yields a value and waits until the generator is resumed: `sent = yield value`. Returns what was sent, `None`
    /// after a plain `next`.
    ///
    /// # Errors
    ///
    /// The error that was thrown into the generator; [`GeneratorExit`] if it is being closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::generators::Resumed;
    /// use asyncio::Generator;
    ///
    /// let polite: Generator<&str, &str> = Generator::new(async |mut y| {
    ///     assert_eq!(y.yield_("your name?").await?, Some("Ann"));
    ///     assert_eq!(y.yield_("thank you").await?, None); // nothing was sent
    ///     Ok(())
    /// });
    /// polite.resume().unwrap();
    /// assert_eq!(polite.send("Ann").unwrap(), Resumed::Yielded("thank you"));
    /// assert_eq!(polite.resume().unwrap(), Resumed::StopIteration(Some(())));
    /// ```
    #[doc(alias = "yield")]
    pub fn yield_(&mut self, value: Y) -> Yield<'_, Y, S> {
        Yield { slot: &self.slot, value: Some(value) }
    }

    /// Yields every item of a plain iterator: `yield from items`. What is sent meanwhile is ignored.
    ///
    /// # Errors
    ///
    /// Those of [`yield_`](Self::yield_).
    ///
    /// # Cancellation
    ///
    /// No cancellation arrives here: no task waits in a `yield`.
    #[doc(alias = "yield from")]
    pub async fn yield_each(&mut self, items: impl IntoIterator<Item = Y>) -> Result<()> {
        for item in items {
            self.yield_(item).await?;
        }
        Ok(())
    }

    /// Delegates to another generator until it ends: `value = yield from generator` (PEP 380). That one's values are
    /// yielded, what is sent or thrown here is passed to it, and closing this generator closes it first. Returns its
    /// return value, or `None` if it had ended before.
    ///
    /// # Errors
    ///
    /// Any error of the other generator.
    ///
    /// # Cancellation
    ///
    /// No cancellation arrives here: no task waits in a `yield`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::generators::Resumed;
    /// use asyncio::Generator;
    ///
    /// let halves: Generator<u32, (), &str> = Generator::new(async |mut y| {
    ///     y.yield_each([1, 2]).await?;
    ///     Ok("two yielded")
    /// });
    /// let mut whole = Generator::<u32>::new(async move |mut y| {
    ///     let returned = y.yield_from(&halves).await?;
    ///     assert_eq!(returned, Some("two yielded"));
    ///     y.yield_(3).await?;
    ///     Ok(())
    /// });
    /// let all: Vec<u32> = whole.by_ref().map(Result::unwrap).collect();
    /// assert_eq!(all, [1, 2, 3]);
    /// ```
    #[doc(alias = "yield from")]
    pub async fn yield_from<R: 'static>(&mut self, generator: &Generator<Y, S, R>) -> Result<Option<R>> {
        let mut sent = Ok(None);
        loop {
            match generator.resume_with(sent)? {
                Resumed::StopIteration(value) => return Ok(value),
                Resumed::Yielded(item) => sent = self.yield_(item).await,
            }
            if let Err(error) = &sent
                && error.is::<GeneratorExit>()
            {
                generator.close()?;
                return sent.map(|_| None);
            }
        }
    }
}

/// The handle through which the body of an [`AsyncGenerator`](crate::AsyncGenerator) yields `Y` and is sent `S`.
///
/// There is no `yield_from`: in Python it is `SyntaxError: 'yield from' inside async function`.
///
/// # Examples
///
/// ```
/// use asyncio::generators::AsyncGeneratorYielder;
/// use asyncio::{AsyncGenerator, AsyncIterator, Result, run, sleep};
///
/// async fn ticks(mut y: AsyncGeneratorYielder<&'static str>) -> Result<()> {
///     for tick in ["tick", "tock"] {
///         sleep(0.001).await?;
///         y.yield_(tick).await?;
///     }
///     Ok(())
/// }
///
/// let heard: Vec<&str> = run(async { AsyncGenerator::new(ticks).collect().await }).unwrap();
/// assert_eq!(heard, ["tick", "tock"]);
/// ```
pub struct AsyncGeneratorYielder<Y, S = ()> {
    slot: Rc<Slot<Y, S>>,
}

impl<Y, S> AsyncGeneratorYielder<Y, S> {
    pub(crate) fn new(slot: &Rc<Slot<Y, S>>) -> Self {
        Self { slot: Rc::clone(slot) }
    }

    /// Yields a value and waits until the generator is resumed: `sent = yield value`. Returns what was sent, `None`
    /// after a plain `anext`.
    ///
    /// No cancellation arrives here: no task waits in a `yield`.
    ///
    /// # Errors
    ///
    /// The error that was thrown into the generator; [`GeneratorExit`] if it is being closed.
    #[doc(alias = "yield")]
    pub fn yield_(&mut self, value: Y) -> Yield<'_, Y, S> {
        Yield { slot: &self.slot, value: Some(value) }
    }
}

/// A `yield`; returned by [`GeneratorYielder::yield_`] and [`AsyncGeneratorYielder::yield_`].
///
/// # Cancellation
///
/// No cancellation arrives here: no task waits in a `yield`.
#[must_use = "nothing is yielded unless this is awaited"]
pub struct Yield<'a, Y, S> {
    slot: &'a Slot<Y, S>,
    /// `None` once it was handed over.
    value: Option<Y>,
}

// Nothing is pinned: the value is only moved out.
impl<Y, S> Unpin for Yield<'_, Y, S> {}

impl<Y, S> Future for Yield<'_, Y, S> {
    type Output = Sent<S>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Sent<S>> {
        let Some(value) = self.value.take() else {
            // If there is no answer, something else caused this poll, for example another future in a `join`.
            return self.slot.sent.take().map_or(Poll::Pending, Poll::Ready);
        };
        // An answer to a `yield` that was dropped before it came.
        drop(self.slot.sent.take());
        let replaced = self.slot.yielded.replace(Some(value));
        debug_assert!(replaced.is_none(), "the handle is borrowed by one yield at a time");
        Poll::Pending
    }
}

impl<Y: 'static, S: 'static> fmt::Debug for GeneratorYielder<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratorYielder").finish_non_exhaustive()
    }
}

impl<Y, S> fmt::Debug for AsyncGeneratorYielder<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncGeneratorYielder").finish_non_exhaustive()
    }
}

impl<Y, S> fmt::Debug for Yield<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yield").finish_non_exhaustive()
    }
}
