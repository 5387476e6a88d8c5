//! `aclosing`: closes something that has an asynchronous `aclose`.
//!
//! In Python the manager and the block hold the same object. Here the block owns the object while it runs, and [`Lent`]
//! returns it to the manager when the block drops it.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use asyncio_generators::AsyncGenerator;
use asyncio_runtime::{Error, Result, RuntimeError};

use crate::manager::AsyncContextManager;

/// Can be closed by a coroutine: an object with `aclose`.
// No `Send` bound, for the same reason as in `AsyncContextManager`.
#[allow(async_fn_in_trait)]
pub trait AsyncClose {
    /// Closes the object.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong while closing.
    async fn aclose(&mut self) -> Result<()>;
}

/// The main use of `aclosing`: `async with aclosing(generator) as items:`.
impl<Y: 'static, S: 'static> AsyncClose for AsyncGenerator<Y, S> {
    async fn aclose(&mut self) -> Result<()> {
        AsyncGenerator::aclose(self).await
    }
}

/// Makes a manager that passes `thing` to the block and closes it afterwards: `contextlib.aclosing`. Asynchronous
/// generators can be closed, and so can any type that implements [`AsyncClose`].
///
/// # Examples
///
/// ```
/// use asyncio::contextlib::AsyncClose;
/// use asyncio::{Result, aclosing, async_with, run, sleep};
///
/// struct Feed(u32);
///
/// impl AsyncClose for Feed {
///     async fn aclose(&mut self) -> Result<()> {
///         sleep(0.001).await?;
///         println!("closed after {} items", self.0);
///         Ok(())
///     }
/// }
///
/// run(async {
///     async_with(aclosing(Feed(0)), async |mut feed| {
///         feed.0 += 1;
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
/// Those of `aclose`. `RuntimeError` if the manager is entered a second time, or if the block has moved the thing
/// elsewhere and it is still in use when the block ends.
pub fn aclosing<X: AsyncClose>(thing: X) -> Aclosing<X> {
    Aclosing { home: Rc::new(Cell::new(Some(thing))), entered: false }
}

/// The manager that [`aclosing`] returns.
#[must_use = "a manager does nothing unless entered"]
pub struct Aclosing<X> {
    home: Rc<Cell<Option<X>>>,
    entered: bool,
}

impl<X: AsyncClose> AsyncContextManager for Aclosing<X> {
    type Value = Lent<X>;

    async fn enter(&mut self) -> Result<Lent<X>> {
        let thing = if self.entered { None } else { self.home.take() };
        self.entered = true;
        if thing.is_none() {
            return Err(RuntimeError::new("aclosing() has already been entered").into());
        }
        Ok(Lent { thing, home: Rc::clone(&self.home) })
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        let thing = self.home.take();
        let mut thing = thing.ok_or(RuntimeError::new("what aclosing() is to close is still in use"))?;
        thing.aclose().await?;
        Ok(false)
    }
}

/// What the block of [`aclosing`] gets; derefs to the thing.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncGenerator, AsyncIterator, aclosing, async_with, run};
///
/// run(async {
///     let rows: AsyncGenerator<u32> = AsyncGenerator::new(async |mut y| {
///         y.yield_(1).await?;
///         unreachable!("it is closed before that")
///     });
///     let first = async_with(aclosing(rows), async |mut rows| rows.anext().await).await?;
///     assert_eq!(first, Some(Some(1)));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub struct Lent<X> {
    /// `Some` until it is dropped.
    thing: Option<X>,
    home: Rc<Cell<Option<X>>>,
}

impl<X> Deref for Lent<X> {
    type Target = X;

    fn deref(&self) -> &X {
        self.thing.as_ref().expect("there until it is dropped")
    }
}

impl<X> DerefMut for Lent<X> {
    fn deref_mut(&mut self) -> &mut X {
        self.thing.as_mut().expect("there until it is dropped")
    }
}

impl<X> Drop for Lent<X> {
    fn drop(&mut self) {
        self.home.set(self.thing.take());
    }
}

impl<X: fmt::Debug> fmt::Debug for Lent<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
