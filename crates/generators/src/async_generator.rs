//! `AsyncGenerator`, whose body may await between its yields.
//!
//! The core idea: the body is polled by whichever task awaits `anext`, with that task's waker. So an `await` in the
//! body is that task's wait, and the task's cancellation arrives there. The loop in which the generator first ran knows
//! it and closes it if the program does not.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use asyncio_iterators::{AsyncIterator, StopAsyncIteration};
use asyncio_runtime::{
    Error, EventLoop, GeneratorExit, OpenAsyncGen, Result, RuntimeError, TypeError, coroutine_name, drop_nested,
    get_running_loop,
};

use crate::generator::{GeneratorBody, Running, is_none};
use crate::yielder::{AsyncGeneratorYielder, Sent, Slot};

/// An asynchronous generator that yields `Y` and can be sent `S`: what calling a Python `async def` with a `yield` in
/// it returns.
///
/// It is an [`AsyncIterator`]. Nothing runs before the first `anext`. A clone is a handle on the same generator.
///
/// # Closing
///
/// Close a generator that you leave half-way: [`aclose`](Self::aclose). When its last handle is dropped without that,
/// the loop in which it first ran makes a task that closes it. Generators that are still open when the loop ends are
/// closed by [`shutdown_asyncgens`](EventLoop::shutdown_asyncgens).
///
/// A generator that was closed and ignored it gets [`GeneratorExit`] once more when its last handle is dropped, and is
/// not run beyond its next wait. Outside of a loop only the destructors of the body run.
///
/// # Cancellation
///
/// A cancellation of the task that awaits `anext` arrives in the body, at what the body awaits. If the future of
/// `anext` is *dropped* half-way instead, the body stays where it is and the next `anext` resumes it, so no item is
/// lost. Until then the body is not at a `yield`: sending is an error, and throwing or closing drops the body.
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
    /// `None` while the body is polled and after its end.
    body: Cell<Option<GeneratorBody<()>>>,
    state: Cell<GeneratorState>,
    /// A task awaits a step of the generator.
    running: Cell<bool>,
    /// `aclose` was called.
    closed: Cell<bool>,
    /// The loop in which it first ran and its key there; `None` if that was outside of a loop.
    home: OnceCell<Option<(EventLoop, u64)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GeneratorState {
    Created,
    AtYield,
    /// Running, or suspended in the middle of something that the body awaits.
    Within,
}

impl<Y: 'static, S: 'static> AsyncGenerator<Y, S> {
    /// Creates a generator with this body: an `async` closure or function that takes the [`AsyncGeneratorYielder`].
    #[must_use = "a generator does nothing unless it is asked for items"]
    pub fn new<F>(body: impl FnOnce(AsyncGeneratorYielder<Y, S>) -> F) -> Self
    where
        F: Future<Output = Result<()>> + 'static,
    {
        let slot = Slot::new();
        let body: GeneratorBody<()> = Box::pin(body(AsyncGeneratorYielder::new(&slot)));
        Self {
            inner: Rc::new(Inner {
                name: coroutine_name::<F>(),
                slot,
                body: Cell::new(Some(body)),
                state: Cell::new(GeneratorState::Created),
                running: Cell::new(false),
                closed: Cell::new(false),
                home: OnceCell::new(),
            }),
        }
    }

    /// Resumes the body and returns the next item, or `None` at the end: `await agen.asend(value)`. The `yield` at
    /// which the body stands returns `value`.
    ///
    /// # Errors
    ///
    /// `TypeError: can't send non-None value to a just-started async generator`; the generator then does not start.
    ///
    /// `RuntimeError: anext(): asynchronous generator is already running` (Python's message names `anext`, too) if
    /// another step of the generator is awaited or was dropped half-way.
    ///
    /// Any error of the body.
    ///
    /// # Cancellation
    ///
    /// A cancellation arrives in the body, at what the body awaits. If the future is dropped half-way instead, the next
    /// `anext` resumes the body.
    pub async fn asend(&self, value: S) -> Result<Option<Y>> {
        self.inner.step("anext()", Ok(Some(value))).await
    }

    /// Resumes the body like `anext`, but the `yield` at which it stands raises `error`: `await agen.athrow(error)`. If
    /// the generator has not started, it ends; if it has ended, this returns `None`.
    ///
    /// # Errors
    ///
    /// `error` itself unless the body catches it; any other error of the body;
    /// `RuntimeError: athrow(): asynchronous generator is already running`; [`StopAsyncIteration`] if the generator was
    /// closed and ignored it.
    ///
    /// # Cancellation
    ///
    /// A cancellation arrives in the body, at what the body awaits. If the future is dropped half-way instead, the next
    /// `anext` resumes the body.
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

    /// Ends the generator: raises [`GeneratorExit`] in the body, at the `yield` where it stands, and waits until the
    /// body has cleaned up: `await agen.aclose()`. A generator that has ended or has not started can be closed, too.
    ///
    /// # Errors
    ///
    /// `RuntimeError: async generator ignored GeneratorExit` if the body yields once more; any other error of the body;
    /// `RuntimeError: aclose(): asynchronous generator is already running`.
    ///
    /// # Cancellation
    ///
    /// A cancellation arrives in the body, at what the body awaits while it cleans up. If the future is dropped half-way
    /// instead, the next `anext` resumes the body.
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

    /// Resumes the body and returns the next item, or `None` at the end: `await anext(agen)`.
    ///
    /// # Errors
    ///
    /// Any error of the body; `RuntimeError: anext(): asynchronous generator is already running` if another step of the
    /// generator is awaited.
    async fn anext(&mut self) -> Result<Option<Y>> {
        self.inner.step("anext()", Ok(None)).await
    }
}

impl<Y: 'static, S: 'static> Inner<Y, S> {
    /// Runs one step, from where the body stands to its next `yield` or its end.
    async fn step(self: &Rc<Self>, call: &str, sent: Sent<S>) -> Result<Option<Y>> {
        self.home.get_or_init(|| self.register());
        let already = || RuntimeError::new(format!("{call}: asynchronous generator is already running"));
        let _running = Running::begin(&self.running).ok_or_else(already)?;
        match (self.state.get(), sent) {
            (GeneratorState::AtYield, sent) => self.slot.send(sent),
            (_, Ok(None)) => {}
            (_, Err(error)) => {
                // There is no `yield` to raise it at.
                drop(self.body.take());
                return Err(error);
            }
            (GeneratorState::Created, Ok(Some(_))) if self.is_open() && !is_none::<S>() => {
                return Err(TypeError::new("can't send non-None value to a just-started async generator").into());
            }
            (GeneratorState::Within, Ok(Some(_))) if self.is_open() => return Err(already().into()),
            (_, Ok(Some(_))) => {}
        }
        self.state.set(GeneratorState::Within);
        poll_fn(|cx| self.poll_body(cx)).await
    }

    fn poll_body(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Y>>> {
        // Taken out, so that nothing is borrowed while it runs. A body that panics has ended.
        let Some(mut body) = self.body.take() else { return Poll::Ready(Ok(None)) };
        match body.as_mut().poll(cx) {
            Poll::Pending => {
                self.body.set(Some(body));
                match self.slot.take_yielded() {
                    Some(item) => {
                        self.state.set(GeneratorState::AtYield);
                        Poll::Ready(Ok(Some(item)))
                    }
                    None => Poll::Pending,
                }
            }
            Poll::Ready(Ok(())) => Poll::Ready(Ok(None)),
            // Passed on, it would look like the end of the generator.
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

    /// If this is the last reference, asks the loop to close a generator that stands at a `yield`: the `finalizer` hook of
    /// Python.
    fn finalize(self: &Rc<Self>) {
        // The loop also knows a generator that has not started but has refused its first value.
        let is_waiting = matches!(self.state.get(), GeneratorState::AtYield | GeneratorState::Created);
        if Rc::strong_count(self) > 1 || !is_waiting || !self.is_open() {
            return;
        }
        if self.closed.get() {
            return self.end_at_once();
        }
        let Some(Some((event_loop, key))) = self.home.get() else { return };
        event_loop.forget_asyncgen(*key);
        // A closed loop refuses it. Then the body is dropped where it stands.
        let _ = event_loop.finalize_asyncgen(Rc::clone(self) as Rc<dyn OpenAsyncGen>);
    }

    /// A generator that was closed and ignored it is not closed a second time. It gets [`GeneratorExit`] once more and
    /// is not run beyond the next place where it would wait.
    fn end_at_once(&self) {
        if !std::thread::panicking() {
            self.slot.send(Err(GeneratorExit.into()));
            let ended = self.poll_body(&mut Context::from_waker(std::task::Waker::noop()));
            drop(ended);
        }
        drop(self.body.take());
    }

    /// Is there a body that has not ended?
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

    fn released(self: Rc<Self>) {
        self.finalize();
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
        // The body may own the next generator, and so on.
        drop_nested(self.body.take());
    }
}

impl<Y: 'static, S: 'static> Drop for AsyncGenerator<Y, S> {
    fn drop(&mut self) {
        self.inner.finalize();
    }
}

impl<Y: 'static, S: 'static> Clone for AsyncGenerator<Y, S> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner) }
    }
}

/// Like Python: `<async_generator object NAME at 0x…>`.
impl<Y: 'static, S: 'static> fmt::Debug for AsyncGenerator<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.repr())
    }
}
