//! Managers as decorators: `contextlib.AsyncContextDecorator`.
//!
//! In Python a manager is called with a function. Here a function takes both. Instead of the manager it takes a function that
//! makes one, because each call needs a manager of its own.

use std::rc::Rc;

use asyncio_generators::AsyncGenerator;
use asyncio_iterators::AsyncIterator as _;
use asyncio_runtime::Result;

use crate::aclosing::aclosing;
use crate::manager::{AsyncContextManager, async_with};

/// Returns a function that runs each call of `function` within a manager of its own: `@manager()` above an `async def`.
///
/// Several arguments are passed as a tuple. As with [`async_with`], a call returns `None` if the manager suppressed an error.
///
/// # Examples
///
/// ```
/// use asyncio::contextlib::decorate;
/// use asyncio::{AsyncContextManager, asynccontextmanager, run, sleep};
///
/// fn timed(name: &str) -> impl AsyncContextManager<Value = ()> {
///     asynccontextmanager(async move |scope| {
///         println!("{name} begins");
///         let result = scope.yield_value(()).await;
///         println!("{name} ends");
///         result
///     })
/// }
///
/// run(async {
///     let add = decorate(|| timed("add"), async |(a, b): (i32, i32)| {
///         sleep(0.001).await?;
///         Ok(a + b)
///     });
///     assert_eq!(add((1, 2)).await?, Some(3));
///     assert_eq!(add((3, 4)).await?, Some(7));
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
///
/// A call fails like [`async_with`].
///
/// # Cancellation
///
/// A call is cancelled like [`async_with`].
#[doc(alias = "AsyncContextDecorator")]
pub fn decorate<M: AsyncContextManager, A, T>(
    manager: impl Fn() -> M,
    function: impl AsyncFn(A) -> Result<T>,
) -> impl AsyncFn(A) -> Result<Option<T>> {
    async move |argument| async_with(manager(), async |_| function(argument).await).await
}

/// Returns a function whose generators run within a manager of their own: `@manager()` above an `async def` that yields.
///
/// The manager is entered before the first item and left when the generator ends or is closed, after the generator of
/// `function` was closed. As in Python, an error that is thrown in closes that one and is not raised in it.
///
/// # Examples
///
/// ```
/// use asyncio::contextlib::decorate_generator;
/// use asyncio::{AsyncGenerator, AsyncIterator, asynccontextmanager, run};
///
/// run(async {
///     let connected = || asynccontextmanager(async |scope| scope.yield_value("connection").await);
///     let rows = decorate_generator(connected, |most: u32| {
///         AsyncGenerator::new(async move |mut y| {
///             for row in 0..most {
///                 y.yield_(row).await?;
///             }
///             Ok(())
///         })
///     });
///     assert_eq!(rows(3).collect::<Vec<_>>().await?, [0, 1, 2]);
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
///
/// A generator fails like [`async_with`]. An error that the manager suppresses ends it.
pub fn decorate_generator<M, A, Y>(
    manager: impl Fn() -> M + 'static,
    function: impl Fn(A) -> AsyncGenerator<Y> + 'static,
) -> impl Fn(A) -> AsyncGenerator<Y>
where
    M: AsyncContextManager + 'static,
    A: 'static,
    Y: 'static,
{
    let both = Rc::new((manager, function));
    move |argument| {
        let both = Rc::clone(&both);
        AsyncGenerator::new(async move |mut y| {
            let (manager, function) = &*both;
            let block = async |_| {
                let each = async |mut items: crate::Lent<AsyncGenerator<Y>>| {
                    while let Some(item) = items.anext().await? {
                        y.yield_(item).await?;
                    }
                    Ok(())
                };
                async_with(aclosing(function(argument)), each).await
            };
            async_with(manager(), block).await.map(drop)
        })
    }
}
