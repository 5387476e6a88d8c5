//! Asynchronous iterators from plain ones: over values, and over awaitables.

use asyncio_runtime::Result;

use crate::iterator::AsyncIterator;

/// Makes an asynchronous iterator of a plain one. It returns the items as they are and waits for none of them.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, from_iter, run};
///
/// run(async {
///     let pairs: Vec<_> = from_iter(["a", "b"]).zip(from_iter(1..)).collect().await?;
///     assert_eq!(pairs, [("a", 1), ("b", 2)]);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn from_iter<I: IntoIterator>(items: I) -> FromIter<I::IntoIter> {
    FromIter { items: items.into_iter() }
}

/// An asynchronous iterator over values; returned by [`from_iter`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct FromIter<I> {
    items: I,
}

impl<I: Iterator> AsyncIterator for FromIter<I> {
    type Item = I::Item;

    async fn anext(&mut self) -> Result<Option<I::Item>> {
        Ok(self.items.next())
    }
}

/// Awaits the items of a plain iterator one after the other: `[await a for a in awaitables]`, as an asynchronous
/// iterator of the results.
///
/// A coroutine starts when its turn comes, so coroutines take as long as all of them together; tasks run already. If
/// `anext` is dropped, so is the awaitable that it waits for.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, Result, await_each, run, sleep};
///
/// async fn weigh(crate_number: u32) -> Result<u32> {
///     sleep(0.001).await?;
///     Ok(10 * crate_number)
/// }
///
/// run(async {
///     let weights: Vec<u32> = await_each((1..=3).map(weigh)).collect().await?;
///     assert_eq!(weights, [10, 20, 30]);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn await_each<I: IntoIterator>(awaitables: I) -> AwaitEach<I::IntoIter> {
    AwaitEach { awaitables: awaitables.into_iter() }
}

/// An asynchronous iterator over results; returned by [`await_each`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct AwaitEach<I> {
    awaitables: I,
}

impl<T, A: IntoFuture<Output = Result<T>>, I: Iterator<Item = A>> AsyncIterator for AwaitEach<I> {
    type Item = T;

    async fn anext(&mut self) -> Result<Option<T>> {
        match self.awaitables.next() {
            Some(awaitable) => awaitable.await.map(Some),
            None => Ok(None),
        }
    }
}
