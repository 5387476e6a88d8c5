//! The two smallest managers: `nullcontext` does nothing, `suppress` forgives.

use asyncio_runtime::{Error, ExceptionGroup, Result};

use crate::manager::AsyncContextManager;

/// A manager that does nothing but pass `value` to the block: `contextlib.nullcontext`.
///
/// Use it where a manager is expected and none is needed. Like Python's it can be entered again, so the block gets a
/// clone.
///
/// # Examples
///
/// ```
/// use asyncio::{async_with, nullcontext};
///
/// asyncio::run(async {
///     let answer = async_with(nullcontext(6), async |six| Ok(six * 7)).await?;
///     assert_eq!(answer, Some(42));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn nullcontext<T: Clone>(value: T) -> NullContext<T> {
    NullContext { value }
}

/// The manager that [`nullcontext`] returns.
#[derive(Clone, Debug)]
#[must_use = "a manager does nothing unless entered"]
pub struct NullContext<T> {
    value: T,
}

impl<T: Clone> AsyncContextManager for NullContext<T> {
    type Value = T;

    async fn enter(&mut self) -> Result<T> {
        Ok(self.value.clone())
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        Ok(false)
    }
}

/// A manager that suppresses the errors for which `matches` holds: `contextlib.suppress`.
///
/// `suppress(ValueError)` is `suppress(Error::is::<ValueError>)`; for several types pass a closure. From an
/// [`ExceptionGroup`] it removes the errors that match, and raises a group of the others.
///
/// # Examples
///
/// ```
/// use asyncio::{Error, ValueError, async_with, run, suppress};
///
/// run(async {
///     let outcome = async_with(suppress(Error::is::<ValueError>), async |()| {
///         Err::<i32, _>(ValueError::new("no such row").into())
///     });
///     assert_eq!(outcome.await?, None);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn suppress<P: Fn(&Error) -> bool>(matches: P) -> Suppress<P> {
    Suppress { matches }
}

/// The manager that [`suppress`] returns.
#[derive(Clone, Debug)]
#[must_use = "a manager does nothing unless entered"]
pub struct Suppress<P> {
    matches: P,
}

impl<P: Fn(&Error) -> bool> AsyncContextManager for Suppress<P> {
    type Value = ();

    async fn enter(&mut self) -> Result<()> {
        Ok(())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        let Some(error) = error else { return Ok(false) };
        if (self.matches)(error) {
            return Ok(true);
        }
        let Some(group) = error.downcast_ref::<ExceptionGroup>() else { return Ok(false) };
        let (taken, rest) = group.split(&self.matches);
        match (taken.is_empty(), rest.is_empty()) {
            (true, _) => Ok(false),
            (false, true) => Ok(true),
            (false, false) => Err(ExceptionGroup::new(group.message().to_owned(), rest).into()),
        }
    }
}
