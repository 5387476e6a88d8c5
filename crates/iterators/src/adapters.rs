//! The adapters of `AsyncIterator`: the parts of an asynchronous comprehension before and behind its `async for`.
//!
//! All have the same shape: the iterator, the function, and an `anext` that reads like what it does.

use asyncio_runtime::Result;

use crate::iterator::AsyncIterator;

/// An adapter; returned by [`AsyncIterator::map`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct Map<I, F> {
    iterator: I,
    f: F,
}

impl<I, F> Map<I, F> {
    pub(crate) fn new(iterator: I, f: F) -> Self {
        Self { iterator, f }
    }
}

impl<I: AsyncIterator, B, F: FnMut(I::Item) -> B> AsyncIterator for Map<I, F> {
    type Item = B;

    async fn anext(&mut self) -> Result<Option<B>> {
        Ok(self.iterator.anext().await?.map(&mut self.f))
    }
}

/// An adapter; returned by [`AsyncIterator::then`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct Then<I, F> {
    iterator: I,
    f: F,
}

impl<I, F> Then<I, F> {
    pub(crate) fn new(iterator: I, f: F) -> Self {
        Self { iterator, f }
    }
}

impl<I: AsyncIterator, B, F: AsyncFnMut(I::Item) -> Result<B>> AsyncIterator for Then<I, F> {
    type Item = B;

    async fn anext(&mut self) -> Result<Option<B>> {
        match self.iterator.anext().await? {
            Some(item) => (self.f)(item).await.map(Some),
            None => Ok(None),
        }
    }
}

/// An adapter; returned by [`AsyncIterator::filter`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct Filter<I, F> {
    iterator: I,
    keep: F,
}

impl<I, F> Filter<I, F> {
    pub(crate) fn new(iterator: I, keep: F) -> Self {
        Self { iterator, keep }
    }
}

impl<I: AsyncIterator, F: FnMut(&I::Item) -> bool> AsyncIterator for Filter<I, F> {
    type Item = I::Item;

    async fn anext(&mut self) -> Result<Option<I::Item>> {
        while let Some(item) = self.iterator.anext().await? {
            if (self.keep)(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// An adapter; returned by [`AsyncIterator::enumerate`].
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct Enumerate<I> {
    iterator: I,
    next: usize,
}

impl<I> Enumerate<I> {
    pub(crate) fn new(iterator: I) -> Self {
        Self { iterator, next: 0 }
    }
}

impl<I: AsyncIterator> AsyncIterator for Enumerate<I> {
    type Item = (usize, I::Item);

    async fn anext(&mut self) -> Result<Option<Self::Item>> {
        let Some(item) = self.iterator.anext().await? else { return Ok(None) };
        self.next += 1;
        Ok(Some((self.next - 1, item)))
    }
}

/// An adapter; returned by [`AsyncIterator::zip`].
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, from_iter, run};
///
/// run(async {
///     let mut rounds = from_iter(["a", "b", "c"]).zip(from_iter([1, 2]));
///     assert_eq!(rounds.anext().await?, Some(("a", 1)));
///     assert_eq!(rounds.anext().await?, Some(("b", 2)));
///     assert_eq!(rounds.anext().await?, None);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "iterators do nothing unless they are asked for items"]
pub struct Zip<A: AsyncIterator, B> {
    first: A,
    second: B,
    /// The first item of a pair, kept while the second is waited for, so that an interruption does not lose it.
    half: Option<A::Item>,
}

impl<A: AsyncIterator, B> Zip<A, B> {
    pub(crate) fn new(first: A, second: B) -> Self {
        Self { first, second, half: None }
    }
}

impl<A: AsyncIterator, B: AsyncIterator> AsyncIterator for Zip<A, B> {
    type Item = (A::Item, B::Item);

    async fn anext(&mut self) -> Result<Option<Self::Item>> {
        if self.half.is_none() {
            self.half = self.first.anext().await?;
        }
        if self.half.is_none() {
            return Ok(None);
        }
        let second = self.second.anext().await?;
        // When the second iterator ends, the item of the first is dropped, as in Python.
        Ok(self.half.take().zip(second))
    }
}
