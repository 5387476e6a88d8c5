//! The trait `AsyncIterator`, and Python's `aiter` and `anext`.
//!
//! The core idea: `Result<Option<T>>` is "raised, ended, or got an item". Python needs two exceptions for the first
//! two.

use asyncio_runtime::Result;

use crate::adapters::{Enumerate, Filter, Map, Then, Zip};
use crate::error::StopAsyncIteration;

/// Returns items one after the other, and may wait for each: an object with `__anext__`.
///
/// Implement it with an `async fn`. What `anext` waits for may fail, and so may a cancellation of the task; the error
/// comes out of the loop over the iterator like any other. After `None` an iterator should keep returning `None`.
///
/// # Cancellation
///
/// A cancellation comes out of whatever `anext` waits for, as an error. Whether an item is lost when the future of
/// `anext` is *dropped* half-way depends on the implementation. Adapters that keep the item say so.
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
#[doc(alias = "async for")]
pub trait AsyncIterator {
    /// The type of the items.
    type Item;

    /// Returns the next item, or `None` at the end: `await it.__anext__()`.
    ///
    /// # Errors
    ///
    /// The error of whatever getting the item waits for.
    #[doc(alias = "__anext__")]
    fn anext(&mut self) -> impl Future<Output = Result<Option<Self::Item>>>;

    /// Calls a function with every item: the `f(x)` of `[f(x) async for x in it]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter, run};
    ///
    /// run(async {
    ///     let squares: Vec<u32> = from_iter(1..=3).map(|n| n * n).collect().await?;
    ///     assert_eq!(squares, [1, 4, 9]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    fn map<B, F: FnMut(Self::Item) -> B>(self, f: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, f)
    }

    /// Calls a coroutine function with every item and awaits the result before it takes the next item:
    /// `[await f(x) async for x in it]`.
    ///
    /// If the coroutine is dropped half-way, its item is lost.
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

    /// Leaves out the items for which `keep` returns false: the `if` of a comprehension.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncIterator, from_iter, run};
    ///
    /// run(async {
    ///     let even: Vec<u32> = from_iter(1..=6).filter(|n| n % 2 == 0).collect().await?;
    ///     assert_eq!(even, [2, 4, 6]);
    ///     Ok(())
    /// })
    /// .unwrap();
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
    /// use asyncio::{AsyncIterator, from_iter, run};
    ///
    /// run(async {
    ///     let mut trees = from_iter(["ash", "elm"]).enumerate();
    ///     assert_eq!(trees.anext().await?, Some((0, "ash")));
    ///     assert_eq!(trees.anext().await?, Some((1, "elm")));
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    fn enumerate(self) -> Enumerate<Self>
    where
        Self: Sized,
    {
        Enumerate::new(self)
    }

    /// Pairs the items of two iterators until one of them ends: `zip`. The items of a pair are waited for one after the
    /// other. If an error or a drop interrupts that between the two, no item is lost.
    fn zip<B: IntoAsyncIterator>(self, other: B) -> Zip<Self, B::IntoAsyncIter>
    where
        Self: Sized,
    {
        Zip::new(self, other.aiter())
    }

    /// Collects all items: an asynchronous comprehension. The result is a `Vec`, a `HashSet`, a `HashMap` (of pairs), a
    /// `String`, or any other type that is `Default` and `Extend`.
    ///
    /// If it is dropped half-way or ends with an error, the items collected so far are lost.
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
    /// use asyncio::{AsyncIterator, from_iter, run};
    ///
    /// run(async {
    ///     let lengths: BTreeMap<_, _> = from_iter(["ash", "linden"]).map(|tree| (tree, tree.len())).collect().await?;
    ///     assert_eq!(lengths["linden"], 6);
    ///     let rests: BTreeSet<u32> = from_iter(0..10).map(|n| n % 3).collect().await?;
    ///     assert_eq!(rests.len(), 3);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[doc(alias = "async comprehension")]
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

/// Can be iterated by `async for`: an object with `__aiter__`. Every asynchronous iterator can, and a container may.
///
/// A `Vec` cannot, just as `async for` refuses a list: use [`from_iter`](crate::from_iter) for its items, or
/// [`await_each`](crate::await_each) for the results of awaiting them.
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
#[doc(alias = "AsyncIterable")]
pub trait IntoAsyncIterator {
    /// The type of the items.
    type Item;
    /// The type of the iterator.
    type IntoAsyncIter: AsyncIterator<Item = Self::Item>;

    /// Returns the iterator. An iterator returns itself.
    #[doc(alias = "__aiter__")]
    fn aiter(self) -> Self::IntoAsyncIter;
}

impl<I: AsyncIterator> IntoAsyncIterator for I {
    type Item = I::Item;
    type IntoAsyncIter = I;

    fn aiter(self) -> I {
        self
    }
}

/// Returns the asynchronous iterator of something: `aiter(x)`.
///
/// # Examples
///
/// ```
/// use asyncio::iterators::FromIter;
/// use asyncio::{AsyncIterator, IntoAsyncIterator, aiter, from_iter, run};
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
/// run(async {
///     let mut books = aiter(Shelf(vec!["Emma", "Ulysses"]));
///     assert_eq!(books.anext().await?, Some("Emma"));
///     Ok(())
/// })
/// .unwrap();
/// ```
pub fn aiter<I: IntoAsyncIterator>(iterable: I) -> I::IntoAsyncIter {
    iterable.aiter()
}

/// Returns the next item, and an error at the end: `await anext(it)`.
///
/// # Errors
///
/// [`StopAsyncIteration`] at the end; any error of the iterator.
///
/// # Cancellation
///
/// Like the iterator's own [`anext`](AsyncIterator::anext).
///
/// # Examples
///
/// ```
/// use asyncio::{StopAsyncIteration, anext, from_iter, run};
///
/// run(async {
///     let mut items = from_iter([7]);
///     assert_eq!(anext(&mut items).await?, 7);
///     assert!(anext(&mut items).await.unwrap_err().is::<StopAsyncIteration>());
///     Ok(())
/// })
/// .unwrap();
/// ```
pub async fn anext<I: AsyncIterator + ?Sized>(iterator: &mut I) -> Result<I::Item> {
    iterator.anext().await?.ok_or_else(|| StopAsyncIteration.into())
}

/// Returns the next item, or `default` at the end: `await anext(it, default)`.
///
/// # Errors
///
/// Any error of the iterator.
///
/// # Cancellation
///
/// Like the iterator's own [`anext`](AsyncIterator::anext).
///
/// # Examples
///
/// ```
/// use asyncio::{anext_or, from_iter, run};
///
/// run(async {
///     let mut trains = from_iter(["Lyon"]);
///     assert_eq!(anext_or(&mut trains, "none").await?, "Lyon");
///     assert_eq!(anext_or(&mut trains, "none").await?, "none");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[doc(alias = "anext")]
pub async fn anext_or<I: AsyncIterator + ?Sized>(iterator: &mut I, default: I::Item) -> Result<I::Item> {
    Ok(iterator.anext().await?.unwrap_or(default))
}
