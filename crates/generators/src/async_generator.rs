//! `AsyncGenerator`, whose body may await between its yields.
//!
//! The core idea: its body is polled by whoever awaits `anext`, with that task's waker, so an `await` inside is that
//! task's wait, and its cancellation arrives there. The loop in which it first ran knows it, and closes it if nobody else
//! does.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use asyncio_iterators::{AsyncIterator, StopAsyncIteration};
use asyncio_runtime::{
    Error, EventLoop, GeneratorExit, OpenAsyncGen, Result, RuntimeError, TypeError, coroutine_name, get_running_loop,
};

use crate::generator::{Body, Running, is_none};
use crate::yielder::{AsyncGeneratorYielder, Sent, Slot};

/// An asynchronous generator that yields `Y` and can be sent `S`: what a Python `async def` with a `yield` in it gives.
///
/// It is an [`AsyncIterator`]. Nothing runs before the first `anext`. Clones are handles on the same generator.
///
/// # When nobody wants more of it
///
/// A generator left half-way should be closed: [`aclose`](Self::aclose). When the last handle goes without that, the loop
/// in which it first ran makes a task that closes it; what is still open at the end of the loop
/// [`shutdown_asyncgens`](EventLoop::shutdown_asyncgens) closes. One that was closed and has ignored it hears
/// [`GeneratorExit`] once more when its last handle goes, and gets no further than to its next wait. Outside of a loop only
/// the body's destructors run.
///
/// # Cancellation
///
/// A cancellation of the task that awaits `anext` arrives in the body, at what it awaits. If the future of `anext` is
/// *dropped* half-way instead, the body stays where it is, and the next `anext` goes on: no item is lost. There is no
/// `yield` then that could be answered, so sending is refused, and throwing or closing ends the body by dropping it.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncGenerator, AsyncIterator, run, sleep};
///
/// let mut echo: AsyncGenerator<u32, u32> = AsyncGenerator::new(async |mut y| {
///     let mut last = 0;
///     while let Some(number) = y.yield_(last).await? {
///         sleep(0.001).await?;
///         last = number;
///     }
///     Ok(())
/// });
/// run(async move {
///     assert_eq!(echo.anext().await?, Some(0));
///     assert_eq!(echo.asend(5).await?, Some(5));
///     assert_eq!(echo.anext().await?, None);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct AsyncGenerator<Y: 'static, S: 'static = ()> {
    inner: Rc<Inner<Y, S>>,
}

struct Inner<Y, S> {
    name: &'static str,
    slot: Rc<Slot<Y, S>>,
    /// Absent while it is polled and after its end.
    body: Cell<Option<Body<()>>>,
    state: Cell<State>,
    /// Somebody awaits a step of it.
    running: Cell<bool>,
    /// `aclose` was called.
    closed: Cell<bool>,
    /// Where it first ran, and its key there; `None` for no loop.
    home: OnceCell<Option<(EventLoop, u64)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Created,
    AtYield,
    /// Running, or left in the middle of something it awaits.
    Within,
}

impl<Y: 'static, S: 'static> AsyncGenerator<Y, S> {
    /// A generator with this body: an `async` closure or function that takes the [`AsyncGeneratorYielder`].
    #[must_use = "a generator does nothing unless it is asked for items"]
    pub fn new<F>(body: impl FnOnce(AsyncGeneratorYielder<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<()>> + 'static,
    {
        let slot = Slot::new();
        let body: Body<()> = Box::pin(body(AsyncGeneratorYielder::new(&slot)));
        Self {
            inner: Rc::new(Inner {
                name: coroutine_name::<F>(),
                slot,
                body: Cell::new(Some(body)),
                state: Cell::new(State::Created),
                running: Cell::new(false),
                closed: Cell::new(false),
                home: OnceCell::new(),
            }),
        }
    }

    /// The next item, or `None` at the end; the `yield` where it stands gives `value`: `await agen.asend(value)`.
    ///
    /// # Errors
    ///
    /// `TypeError: can't send non-None value to a just-started async generator`, which does not begin thereby;
    /// `RuntimeError: anext(): asynchronous generator is already running` (in Python it bears this name, too) if another
    /// step of it is awaited or was dropped half-way; what the body raises.
    pub async fn asend(&self, value: S) -> Result<Option<Y>> {
        self.inner.step("anext()", Ok(Some(value))).await
    }

    /// As `anext`; the `yield` where it stands raises `error`: `await agen.athrow(error)`. A generator that has not begun
    /// ends; on one that is at its end this gives `None`.
    ///
    /// # Errors
    ///
    /// `error` itself unless the body catches it; what else the body raises; `RuntimeError: athrow(): asynchronous
    /// generator is already running`; [`StopAsyncIteration`] if it was closed, and ignored that.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncGenerator, AsyncIterator, ValueError, run};
    ///
    /// run(async {
    ///     let mut forgiving: AsyncGenerator<&str> = AsyncGenerator::new(async |mut y| {
    ///         assert!(y.yield_("ready").await.unwrap_err().is::<ValueError>());
    ///         y.yield_("never mind").await?;
    ///         Ok(())
    ///     });
    ///     assert_eq!(forgiving.anext().await?, Some("ready"));
    ///     assert_eq!(forgiving.athrow(ValueError::new("no such row")).await?, Some("never mind"));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub async fn athrow(&self, error: impl Into<Error>) -> Result<Option<Y>> {
        self.inner.throw("athrow()", error.into(), false).await
    }

    /// Ends it: raises [`GeneratorExit`] where it stands, and waits until the body has cleaned up: `await agen.aclose()`.
    /// Closing what is at its end, or has not begun, is fine.
    ///
    /// # Errors
    ///
    /// `RuntimeError: async generator ignored GeneratorExit` if it yields once more; any other error of the body;
    /// `RuntimeError: aclose(): asynchronous generator is already running`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncGenerator, AsyncIterator, run, sleep};
    ///
    /// run(async {
    ///     let mut rows: AsyncGenerator<u32> = AsyncGenerator::new(async |mut y| {
    ///         let closed = y.yield_(1).await;
    ///         sleep(0.001).await?; // to clean up may take time
    ///         closed.map(drop)
    ///     });
    ///     assert_eq!(rows.anext().await?, Some(1));
    ///     rows.aclose().await?;
    ///     assert_eq!(rows.anext().await?, None);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    pub async fn aclose(&self) -> Result<()> {
        self.inner.close(GeneratorExit.into()).await
    }
}

impl<Y: 'static, S: 'static> AsyncIterator for AsyncGenerator<Y, S> {
    type Item = Y;

    /// The next item, or `None` at the end: `await anext(agen)`.
    ///
    /// # Errors
    ///
    /// What the body raises; `RuntimeError: anext(): asynchronous generator is already running` if another step of it is
    /// awaited.
    async fn anext(&mut self) -> Result<Option<Y>> {
        self.inner.step("anext()", Ok(None)).await
    }
}

impl<Y: 'static, S: 'static> Inner<Y, S> {
    /// One step, from where it stands to the next `yield` or the end.
    async fn step(self: &Rc<Self>, call: &str, sent: Sent<S>) -> Result<Option<Y>> {
        self.home.get_or_init(|| self.register());
        let already = || RuntimeError::new(format!("{call}: asynchronous generator is already running"));
        let _running = Running::begin(&self.running).ok_or_else(already)?;
        match (self.state.get(), sent) {
            (State::AtYield, sent) => self.slot.send(sent),
            (_, Ok(None)) => {}
            (_, Err(error)) => {
                // There is no `yield` to raise it at.
                drop(self.body.take());
                return Err(error);
            }
            (State::Created, Ok(Some(_))) if self.is_open() && !is_none::<S>() => {
                return Err(TypeError::new("can't send non-None value to a just-started async generator").into());
            }
            (State::Within, Ok(Some(_))) if self.is_open() => return Err(already().into()),
            (_, Ok(Some(_))) => {}
        }
        self.state.set(State::Within);
        poll_fn(|cx| self.poll_body(cx)).await
    }

    fn poll_body(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Y>>> {
        // Taken out, so that nothing is borrowed while it runs; a body that panics is over.
        let Some(mut body) = self.body.take() else { return Poll::Ready(Ok(None)) };
        match body.as_mut().poll(cx) {
            Poll::Pending => {
                self.body.set(Some(body));
                match self.slot.take_yielded() {
                    Some(item) => {
                        self.state.set(State::AtYield);
                        Poll::Ready(Ok(Some(item)))
                    }
                    None => Poll::Pending,
                }
            }
            Poll::Ready(Ok(())) => Poll::Ready(Ok(None)),
            // Let through it would look like the end of the generator.
            Poll::Ready(Err(error)) if error.is::<StopAsyncIteration>() => {
                Poll::Ready(Err(RuntimeError::new("async generator raised StopAsyncIteration").into()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }

    async fn throw(self: &Rc<Self>, call: &str, error: Error, closing: bool) -> Result<Option<Y>> {
        if !self.running.get() {
            if !self.is_open() {
                return Ok(None);
            }
            if self.closed.get() {
                return Err(StopAsyncIteration.into());
            }
            self.closed.set(closing);
        }
        self.step(call, Err(error)).await
    }

    async fn close(self: &Rc<Self>, by: Error) -> Result<()> {
        let closing = by.is::<GeneratorExit>();
        match self.throw("aclose()", by, closing).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(RuntimeError::new("async generator ignored GeneratorExit").into()),
            Err(error) if error.is::<GeneratorExit>() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A generator that has ignored its closing is not closed a second time, but hears [`GeneratorExit`] once more; it gets
    /// no further than to the next place where it would wait.
    fn end_at_once(&self) {
        if !std::thread::panicking() {
            self.slot.send(Err(GeneratorExit.into()));
            let ended = self.poll_body(&mut Context::from_waker(std::task::Waker::noop()));
            drop(ended);
        }
        drop(self.body.take());
    }

    /// Is there a body that stands somewhere?
    fn is_open(&self) -> bool {
        let body = self.body.take();
        let open = body.is_some();
        self.body.set(body);
        open
    }

    fn register(self: &Rc<Self>) -> Option<(EventLoop, u64)> {
        let event_loop = get_running_loop().ok()?;
        let this = Rc::downgrade(self) as Weak<dyn OpenAsyncGen>;
        let key = event_loop.register_asyncgen(this);
        Some((event_loop, key))
    }
}

impl<Y: 'static, S: 'static> OpenAsyncGen for Inner<Y, S> {
    fn aclose(self: Rc<Self>, by: Option<Error>) -> Pin<Box<dyn Future<Output = Result<()>>>> {
        Box::pin(async move { self.close(by.unwrap_or_else(|| GeneratorExit.into())).await })
    }

    fn repr(&self) -> String {
        format!("<async_generator object {} at {self:p}>", self.name)
    }
}

impl<Y, S> Drop for Inner<Y, S> {
    fn drop(&mut self) {
        if let Some(Some((event_loop, key))) = self.home.get() {
            event_loop.forget_asyncgen(*key);
        }
    }
}

impl<Y: 'static, S: 'static> Drop for AsyncGenerator<Y, S> {
    /// The last handle asks the loop to close what stands at a `yield`: what Python calls the `finalizer` hook.
    fn drop(&mut self) {
        let inner = &self.inner;
        // One that has not begun is known to the loop, too, if it has refused its first value.
        let is_waiting = matches!(inner.state.get(), State::AtYield | State::Created);
        if Rc::strong_count(inner) > 1 || !is_waiting || !inner.is_open() {
            return;
        }
        if inner.closed.get() {
            return inner.end_at_once();
        }
        let Some(Some((event_loop, key))) = inner.home.get() else { return };
        event_loop.forget_asyncgen(*key);
        // A loop that is closed refuses, and the body is dropped where it stands.
        let _ = event_loop.finalize_asyncgen(Rc::clone(inner) as Rc<dyn OpenAsyncGen>);
    }
}

impl<Y: 'static, S: 'static> Clone for AsyncGenerator<Y, S> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

/// As in Python: `<async_generator object NAME at 0x…>`.
impl<Y: 'static, S: 'static> fmt::Debug for AsyncGenerator<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.repr())
    }
}
