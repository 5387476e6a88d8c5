//! The trait `AsyncIterator`, and Python's `aiter` and `anext`.
//!
//! The core idea: `Result<Option<T>>` is "raised, ended or gave an item". Python needs two exceptions for the first two.

use asyncio_runtime::Result;

use crate::adapters::{Enumerate, Filter, Map, Then, Zip};
use crate::error::StopAsyncIteration;

/// Gives items one after the other, each of which may have to be waited for: Python's `__anext__`.
///
/// An implementation is written with `async fn`. What `anext` waits for may raise, also a cancellation; that comes out of
/// the loop over it like any other error. After `None` an iterator should go on to give `None`.
///
/// # Cancellation
///
/// A cancellation comes out of whatever `anext` waits for, as an error. Whether an item is lost when the future of `anext`
/// is *dropped* half-way is up to the implementation; the adapters here say so where they keep something.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, Result, run, sleep};
///
/// struct Countdown(u32);
///
/// impl AsyncIterator for Countdown {
///     type Item = u32;
///
///     async fn anext(&mut self) -> Result<Option<u32>> {
///         if self.0 == 0 {
///             return Ok(None);
///         }
///         sleep(0.001).await?;
///         self.0 -= 1;
///         Ok(Some(self.0 + 1))
///     }
/// }
///
/// run(async {
///     let mut countdown = Countdown(3);
///     while let Some(number) = countdown.anext().await? {
///         println!("{number}");
///     }
///     let even: Vec<u32> = Countdown(6).filter(|n| n % 2 == 0).collect().await?;
///     assert_eq!(even, [6, 4, 2]);
///     Ok(())
/// })
/// .unwrap();
/// ```
pub trait AsyncIterator {
    /// What it gives.
    type Item;

    /// The next item, or `None` at the end: `await it.__anext__()`.
    ///
    /// # Errors
    ///
    /// What getting the item raises.
    fn anext(&mut self) -> impl Future<Output = Result<Option<Self::Item>>>;

    /// Passes every item through a function: the `f(x)` of `[f(x) async for x in it]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter};
    ///
    /// # asyncio::run(async {
    /// let squares: Vec<u32> = from_iter(1..=3).map(|n| n * n).collect().await?;
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok(())
    /// # }).unwrap();
    /// ```
    fn map<B, F: FnMut(Self::Item) -> B>(self, f: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, f)
    }

    /// Passes every item through a coroutine and waits for it before the next one: `[await f(x) async for x in it]`.
    ///
    /// An item whose coroutine is dropped half-way is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter, run, sleep_result};
    ///
    /// run(async {
    ///     let doubled = from_iter(1..=3).then(async |n| sleep_result(0.001, 2 * n).await);
    ///     assert_eq!(doubled.collect::<Vec<u32>>().await?, [2, 4, 6]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    fn then<B, F: AsyncFnMut(Self::Item) -> Result<B>>(self, f: F) -> Then<Self, F>
    where
        Self: Sized,
    {
        Then::new(self, f)
    }

    /// Leaves out the items for which `keep` says no: the `if` of a comprehension.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter};
    ///
    /// # asyncio::run(async {
    /// let even: Vec<u32> = from_iter(1..=6).filter(|n| n % 2 == 0).collect().await?;
    /// assert_eq!(even, [2, 4, 6]);
    /// # Ok(())
    /// # }).unwrap();
    /// ```
    fn filter<F: FnMut(&Self::Item) -> bool>(self, keep: F) -> Filter<Self, F>
    where
        Self: Sized,
    {
        Filter::new(self, keep)
    }

    /// Numbers the items from zero: `enumerate`, which Python has only for plain iterators.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter};
    ///
    /// # asyncio::run(async {
    /// let mut trees = from_iter(["ash", "elm"]).enumerate();
    /// assert_eq!(trees.anext().await?, Some((0, "ash")));
    /// assert_eq!(trees.anext().await?, Some((1, "elm")));
    /// # Ok(())
    /// # }).unwrap();
    /// ```
    fn enumerate(self) -> Enumerate<Self>
    where
        Self: Sized,
    {
        Enumerate::new(self)
    }

    /// Pairs the items of two iterators, until either ends: `zip`. The pair's two items are waited for one after the
    /// other. No item is lost if that is interrupted, by an error or a drop, between the two.
    fn zip<B: IntoAsyncIterator>(self, other: B) -> Zip<Self, B::IntoAsyncIter>
    where
        Self: Sized,
    {
        Zip::new(self, other.aiter())
    }

    /// Walks to the end and gathers what there is: an asynchronous comprehension. Into a `Vec`, a `HashSet`, a `HashMap`
    /// (of pairs), a `String`, whatever can be made empty and extended.
    ///
    /// Dropped half-way, or ended by an error, what was gathered so far is lost.
    ///
    /// # Errors
    ///
    /// The first error of the iterator.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::{BTreeMap, BTreeSet};
    ///
    /// use asyncio::{AsyncIterator, from_iter};
    ///
    /// # asyncio::run(async {
    /// let lengths: BTreeMap<_, _> = from_iter(["ash", "linden"]).map(|tree| (tree, tree.len())).collect().await?;
    /// assert_eq!(lengths["linden"], 6);
    /// let rests: BTreeSet<u32> = from_iter(0..10).map(|n| n % 3).collect().await?;
    /// assert_eq!(rests.len(), 3);
    /// # Ok(())
    /// # }).unwrap();
    /// ```
    fn collect<C: Default + Extend<Self::Item>>(mut self) -> impl Future<Output = Result<C>>
    where
        Self: Sized,
    {
        async move {
            let mut items = C::default();
            while let Some(item) = self.anext().await? {
                items.extend([item]);
            }
            Ok(items)
        }
    }
}

impl<I: AsyncIterator + ?Sized> AsyncIterator for &mut I {
    type Item = I::Item;

    fn anext(&mut self) -> impl Future<Output = Result<Option<I::Item>>> {
        (**self).anext()
    }
}

/// What can be walked by `async for`: Python's `__aiter__`. Every iterator is, and a container may be.
///
/// A `Vec` is not, just as `async for` refuses a list; [`from_iter`](crate::from_iter) and
/// [`await_each`](crate::await_each) say what is meant.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, IntoAsyncIterator, Result, from_iter};
///
/// async fn total(numbers: impl IntoAsyncIterator<Item = u32>) -> Result<u32> {
///     let (mut numbers, mut total) = (numbers.aiter(), 0);
///     while let Some(number) = numbers.anext().await? {
///         total += number;
///     }
///     Ok(total)
/// }
///
/// assert_eq!(asyncio::run(total(from_iter(1..=4))).unwrap(), 10);
/// ```
pub trait IntoAsyncIterator {
    /// What the iterator gives.
    type Item;
    /// The iterator.
    type IntoAsyncIter: AsyncIterator<Item = Self::Item>;

    /// The iterator; an iterator gives itself.
    fn aiter(self) -> Self::IntoAsyncIter;
}

impl<I: AsyncIterator> IntoAsyncIterator for I {
    type Item = I::Item;
    type IntoAsyncIter = I;

    fn aiter(self) -> I {
        self
    }
}

/// The asynchronous iterator of something: `aiter(x)`.
///
/// # Examples
///
/// ```
/// use asyncio::iterators::FromIter;
/// use asyncio::{AsyncIterator, IntoAsyncIterator, aiter, from_iter};
///
/// struct Shelf(Vec<&'static str>);
///
/// impl IntoAsyncIterator for Shelf {
///     type Item = &'static str;
///     type IntoAsyncIter = FromIter<std::vec::IntoIter<&'static str>>;
///
///     fn aiter(self) -> Self::IntoAsyncIter {
///         from_iter(self.0)
///     }
/// }
///
/// # asyncio::run(async {
/// let mut books = aiter(Shelf(vec!["Emma", "Ulysses"]));
/// assert_eq!(books.anext().await?, Some("Emma"));
/// # Ok(())
/// # }).unwrap();
/// ```
pub fn aiter<I: IntoAsyncIterator>(iterable: I) -> I::IntoAsyncIter {
    iterable.aiter()
}

/// The next item, which there has to be: `await anext(it)`.
///
/// # Errors
///
/// [`StopAsyncIteration`] at the end; what the iterator raises.
///
/// # Examples
///
/// ```
/// use asyncio::{StopAsyncIteration, anext, from_iter};
///
/// # asyncio::run(async {
/// let mut items = from_iter([7]);
/// assert_eq!(anext(&mut items).await?, 7);
/// assert!(anext(&mut items).await.unwrap_err().is::<StopAsyncIteration>());
/// # Ok(())
/// # }).unwrap();
/// ```
pub async fn anext<I: AsyncIterator + ?Sized>(iterator: &mut I) -> Result<I::Item> {
    iterator.anext().await?.ok_or_else(|| StopAsyncIteration.into())
}

/// The next item, or `default` at the end: `await anext(it, default)`.
///
/// # Errors
///
/// What the iterator raises.
///
/// # Examples
///
/// ```
/// use asyncio::{anext_or, from_iter};
///
/// # asyncio::run(async {
/// let mut trains = from_iter(["Lyon"]);
/// assert_eq!(anext_or(&mut trains, "none").await?, "Lyon");
/// assert_eq!(anext_or(&mut trains, "none").await?, "none");
/// # Ok(())
/// # }).unwrap();
/// ```
pub async fn anext_or<I: AsyncIterator + ?Sized>(iterator: &mut I, default: I::Item) -> Result<I::Item> {
    Ok(iterator.anext().await?.unwrap_or(default))
}
