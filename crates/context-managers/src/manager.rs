//! The protocol and the statement: `AsyncContextManager` and `async_with`.

use std::future::Future;
use std::panic::{Location, resume_unwind};

use asyncio_runtime::{Error, Result, cancel_boundary};

use crate::panics::{BlockPanicked, caught};

/// Sets something up before a block and cleans it up afterwards: an object with `__aenter__` and `__aexit__`.
///
/// Both methods are coroutines that [`async_with`] awaits. A reference to a manager is a manager, too. So lend a
/// manager that you need again afterwards: `async_with(&mut manager, …)`.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncContextManager, Error, Result, async_with, run, sleep};
///
/// struct Session;
///
/// impl AsyncContextManager for Session {
///     type Value = &'static str;
///
///     async fn enter(&mut self) -> Result<&'static str> {
///         sleep(0.001).await?;
///         Ok("connection 1")
///     }
///
///     async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
///         sleep(0.001).await?;
///         println!("closed after {error:?}");
///         Ok(false)
///     }
/// }
///
/// run(async {
///     async_with(Session, async |connection| {
///         println!("using {connection}");
///         Ok(())
///     })
///     .await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
// A manager belongs to one task of one thread, so its coroutines need not be `Send`.
#[doc(alias = "AbstractAsyncContextManager")]
#[allow(async_fn_in_trait)]
pub trait AsyncContextManager {
    /// The type of the block's argument: the target of `as`.
    type Value;

    /// Runs before the block: `__aenter__`.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong while entering; then neither the block nor [`exit`](Self::exit) runs.
    #[doc(alias = "__aenter__")]
    async fn enter(&mut self) -> Result<Self::Value>;

    /// Runs after the block, with the error that ended the block, if one did: `__aexit__`. Return `true` to suppress
    /// that error.
    ///
    /// After a cancellation the error is the `CancelledError`, after a panic a [`BlockPanicked`].
    ///
    /// # Errors
    ///
    /// An error replaces the block's error, which becomes its [`context`](Error::context). To pass the block's error
    /// on, return `Ok(false)`.
    #[doc(alias = "__aexit__")]
    async fn exit(&mut self, error: Option<&Error>) -> Result<bool>;
}

impl<M: AsyncContextManager> AsyncContextManager for &mut M {
    type Value = M::Value;

    async fn enter(&mut self) -> Result<M::Value> {
        (**self).enter().await
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        (**self).exit(error).await
    }
}

/// Enters a manager, runs the block, and leaves the manager: `async with manager as value:`.
///
/// Returns `Some` with the block's value, or `None` if the block failed and the manager suppressed the error. In Python
/// the program continues behind such a block, and a variable that the block should have set may not exist; here the
/// compiler asks what to do then. There is one function for managers that suppress and those that never do, because
/// that may be unknown: a stack suppresses if one of its managers does. For a block without a value, ignore the option:
/// `async_with(…).await?;`.
///
/// # Examples
///
/// ```
/// use asyncio::{Error, async_with, run, suppress};
///
/// run(async {
///     let parse = async |text: &str| {
///         let block = async |()| Ok(text.parse::<i32>()?);
///         async_with(suppress(Error::is::<std::num::ParseIntError>), block).await
///     };
///     assert_eq!(parse("12").await?, Some(12));
///     assert_eq!(parse("a dozen").await?, None);
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
///
/// The block's error if the manager does not suppress it, otherwise the error of entering or leaving. An error of
/// leaving has the block's error as its [`context`](Error::context).
///
/// # Panics
///
/// If the block panics, the manager is left, and then the panic continues, whatever the manager returns.
///
/// # Cancellation
///
/// A cancellation comes out of the await in the block like any error, so the manager is left, and that is awaited. A
/// cancellation while the manager is left comes out of the await there. The exit is skipped only if this future is
/// dropped half-way (when a task is aborted), because then nothing can await the exit.
#[doc(alias = "async with")]
#[track_caller]
pub fn async_with<M: AsyncContextManager, T>(
    mut manager: M,
    block: impl AsyncFnOnce(M::Value) -> Result<T>,
) -> impl Future<Output = Result<Option<T>>> {
    let at = Location::caller();
    async move {
        let value = manager.enter().await?;
        match caught(cancel_boundary(async move { block(value).await }).at(at)).await {
            Ok(Ok(value)) => manager.exit(None).await.map(|_| Some(value)),
            Ok(Err(error)) => match manager.exit(Some(&error)).await {
                Ok(true) => Ok(None),
                Ok(false) => Err(error),
                Err(raised) => Err(raised.during(error)),
            },
            Err(payload) => {
                // Only one of two failures can be passed on: the panic is the more serious one.
                let _ = manager.exit(Some(&BlockPanicked::new(&payload).into())).await;
                resume_unwind(payload)
            }
        }
    }
}
