//! The protocol and the statement: `AsyncContextManager` and `async_with`.

use std::panic::resume_unwind;

use asyncio_runtime::{Error, Result};

use crate::panics::{BlockPanicked, caught};

/// Sets something up before a block and cleans it up after it: an object with `__aenter__` and `__aexit__`.
///
/// Both are coroutines: [`async_with`] awaits them, and they may await what they like. A reference to a manager is a
/// manager too, so one that is to be used again, or asked something afterwards, is lent: `async_with(&mut manager,
/// …)`.
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
// A manager belongs to one task of one thread: there is no `Send` to ask of its coroutines.
#[allow(async_fn_in_trait)]
pub trait AsyncContextManager {
    /// What the block gets: the target of `as`.
    type Value;

    /// Before the block: `__aenter__`.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong; then neither the block nor [`exit`](Self::exit) runs.
    async fn enter(&mut self) -> Result<Self::Value>;

    /// After the block, with the error that ended it, if one did: `__aexit__`. `true` suppresses that error.
    ///
    /// After a cancellation the error is the `CancelledError`, after a panic a [`BlockPanicked`].
    ///
    /// # Errors
    ///
    /// An error takes the place of the block's, which becomes its [`context`](Error::context). To let the block's error
    /// through, give `Ok(false)`.
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

/// Awaits the manager's enter, the block, and the manager's exit: `async with manager as value:`.
///
/// Gives `Some` of what the block gives, or `None` if the block failed and the manager suppressed the error. In
/// Python the program just goes on behind such a block, and a variable that the block would have set may not exist;
/// here the compiler asks what to do then. It is one function for managers that suppress and those that never do,
/// because which of them it is may not be known: a stack suppresses if one of its managers does. A block that is run
/// for its effect needs no `Some`: `async_with(…).await?;`.
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
/// The block's error if the manager does not suppress it, else what enter or exit raise. An error of exit has the
/// block's as its [`context`](Error::context).
///
/// # Panics
///
/// If the block panics, the exit runs, and then the panic goes on, whatever the exit gives.
///
/// # Cancellation
///
/// A cancellation comes out of the await in the block like any error, so the exit runs and is awaited. A cancellation
/// during the exit comes out of the exit's await. Only if all this is dropped half-way (a task that is aborted) the
/// exit does not run: nobody is left to await it.
pub async fn async_with<M: AsyncContextManager, T>(
    mut manager: M,
    block: impl AsyncFnOnce(M::Value) -> Result<T>,
) -> Result<Option<T>> {
    let value = manager.enter().await?;
    match caught(async move { block(value).await }).await {
        Ok(Ok(value)) => manager.exit(None).await.map(|_| Some(value)),
        Ok(Err(error)) => match manager.exit(Some(&error)).await {
            Ok(true) => Ok(None),
            Ok(false) => Err(error),
            Err(raised) => Err(raised.during(error)),
        },
        Err(payload) => {
            // Two failures, and only one can go on: the panic is the more serious one.
            let _ = manager.exit(Some(&BlockPanicked::new(&payload).into())).await;
            resume_unwind(payload)
        }
    }
}
