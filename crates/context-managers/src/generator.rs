//! A manager made of one coroutine: `contextlib.asynccontextmanager`.
//!
//! The coroutine runs to its `yield` when the block is entered, and from there to its end when the block is left. The
//! core idea: `yield_value` is a future that hands out the value and stays pending until the manager has put the
//! block's result in.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use asyncio_generators::GeneratorExit;
use asyncio_iterators::StopAsyncIteration;
use asyncio_runtime::{Error, Result, RuntimeError};

use crate::manager::AsyncContextManager;

/// Makes a manager of a coroutine that yields once: `@asynccontextmanager`.
///
/// The code before [`yield_value`](Yielder::yield_value) runs when the block is entered, the code after it when the
/// block is left. The block's error comes out of `yield_value`. Pass it on with `?`, and it leaves the `async with`;
/// catch it, and it is suppressed.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncContextManager, async_with, asynccontextmanager, run, sleep};
///
/// fn connection(name: &str) -> impl AsyncContextManager<Value = String> {
///     asynccontextmanager(async move |scope| {
///         sleep(0.001).await?;
///         let result = scope.yield_value(format!("connection to {name}")).await;
///         // This is `finally:`, because the result has not been looked at yet.
///         sleep(0.001).await?;
///         println!("closed {name}");
///         result
///     })
/// }
///
/// run(async {
///     async_with(connection("db"), async |connection| {
///         println!("using {connection}");
///         Ok(())
///     })
///     .await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
///
/// Entering raises `RuntimeError: generator didn't yield` if the coroutine ended without a yield (also if the manager
/// is entered a second time). Leaving raises `generator didn't stop` or `generator didn't stop after athrow()` if it
/// yields again. The coroutine is closed before that: its second yield raises [`GeneratorExit`], and its cleanup is
/// awaited.
///
/// # Cancellation
///
/// A cancellation comes out of the await at which it arrives, in the coroutine or in the block, as an error.
pub fn asynccontextmanager<'a, T: 'a>(
    body: impl AsyncFnOnce(Yielder<T>) -> Result<()> + 'a,
) -> AsyncGeneratorContextManager<'a, T> {
    let exchange = Rc::new(RefCell::new(Exchange::Running));
    let yielder = Yielder { exchange: Rc::clone(&exchange) };
    AsyncGeneratorContextManager { body: Some(Box::pin(async move { body(yielder).await })), exchange }
}

/// The slot between a coroutine and its manager.
enum Exchange<T> {
    /// The coroutine runs, or has ended.
    Running,
    /// The coroutine has yielded this and waits.
    Yielded(T),
    /// The block runs.
    Block,
    /// The block's result, for the waiting coroutine.
    Sent(Result<()>),
}

/// The manager that [`asynccontextmanager`] returns.
#[must_use = "a manager does nothing unless entered"]
pub struct AsyncGeneratorContextManager<'a, T> {
    body: Option<Pin<Box<dyn Future<Output = Result<()>> + 'a>>>,
    exchange: Rc<RefCell<Exchange<T>>>,
}

/// What a coroutine did next.
enum Next<T> {
    Yielded(T),
    Ended(Result<()>),
}

impl<T> AsyncGeneratorContextManager<'_, T> {
    /// Runs the coroutine to its `yield` or its end, with the error that the block ended with. At its end the coroutine
    /// is dropped.
    async fn next(&mut self, sent: Option<&Error>) -> Next<T> {
        let exchange = &self.exchange;
        let Some(body) = &mut self.body else { return Next::Ended(Ok(())) };
        let next = poll_fn(|cx| {
            if let Poll::Ready(result) = body.as_mut().poll(cx) {
                return Poll::Ready(Next::Ended(result.map_err(|error| unlike_an_end(error, sent))));
            }
            match exchange.replace(Exchange::Block) {
                Exchange::Yielded(value) => Poll::Ready(Next::Yielded(value)),
                other => {
                    // The coroutine waits for something else.
                    exchange.replace(other);
                    Poll::Pending
                }
            }
        })
        .await;
        if matches!(next, Next::Ended(_)) {
            self.body = None;
        }
        next
    }

    /// Closes a coroutine that has yielded once too often: `agen.aclose()`.
    async fn close(&mut self) -> Result<()> {
        self.exchange.replace(Exchange::Sent(Err(GeneratorExit.into())));
        match self.next(None).await {
            Next::Ended(Err(error)) if !error.is::<GeneratorExit>() => Err(error),
            Next::Ended(_) => Ok(()),
            Next::Yielded(_) => {
                self.body = None;
                Err(RuntimeError::new("async generator ignored GeneratorExit").into())
            }
        }
    }
}

impl<T> AsyncContextManager for AsyncGeneratorContextManager<'_, T> {
    type Value = T;

    async fn enter(&mut self) -> Result<T> {
        if matches!(*self.exchange.borrow(), Exchange::Block) {
            return Err(RuntimeError::new("the context manager has already been entered").into());
        }
        match self.next(None).await {
            Next::Yielded(value) => Ok(value),
            Next::Ended(result) => {
                result?;
                Err(RuntimeError::new("generator didn't yield").into())
            }
        }
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        self.exchange.replace(Exchange::Sent(error.cloned().map_or(Ok(()), Err)));
        match self.next(error).await {
            Next::Ended(result) => verdict(result, error),
            Next::Yielded(_) => {
                let athrow = if error.is_some() { " after athrow()" } else { "" };
                let did_not_stop = RuntimeError::new(format!("generator didn't stop{athrow}")).into();
                Err(match self.close().await {
                    Ok(()) => did_not_stop,
                    Err(worse) => worse.during(did_not_stop),
                })
            }
        }
    }
}

/// Wraps a `StopAsyncIteration` that the coroutine raised itself: passed on, it would look like the end of a generator.
fn unlike_an_end(raised: Error, sent: Option<&Error>) -> Error {
    if raised.is::<StopAsyncIteration>() && !sent.is_some_and(|sent| raised.same(sent)) {
        return RuntimeError::new("async generator raised StopAsyncIteration").into();
    }
    raised
}

/// What an exit returns if it was given `error` and ended with `result`.
pub(crate) fn verdict(result: Result<()>, error: Option<&Error>) -> Result<bool> {
    match (result, error) {
        (Ok(()), error) => Ok(error.is_some()),
        (Err(raised), Some(error)) if raised.same(error) => Ok(false),
        (Err(raised), _) => Err(raised),
    }
}

/// The handle through which the coroutine of an [`asynccontextmanager`] yields.
pub struct Yielder<T> {
    exchange: Rc<RefCell<Exchange<T>>>,
}

impl<T> Yielder<T> {
    /// Passes `value` to the block and waits until the block has ended: `yield value`.
    ///
    /// # Errors
    ///
    /// The error that ended the block.
    ///
    /// # Cancellation
    ///
    /// A cancellation of the task while the block runs arrives in the block.
    #[doc(alias = "yield")]
    pub async fn yield_value(&self, value: T) -> Result<()> {
        self.exchange.replace(Exchange::Yielded(value));
        poll_fn(|_| match self.exchange.replace(Exchange::Running) {
            Exchange::Sent(result) => Poll::Ready(result),
            other => {
                // No waker is needed: the manager polls again when it has put the result in.
                self.exchange.replace(other);
                Poll::Pending
            }
        })
        .await
    }
}
