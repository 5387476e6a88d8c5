//! How a queue stores its items: the only difference between the three queues.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;

/// Stores the items of a queue and decides which one is next: the methods `_init`, `_put` and `_get` that Python's
/// queues override.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
///
/// use asyncio::queues::{QueueOf, Store};
///
/// /// Keeps no item twice.
/// #[derive(Default)]
/// struct Distinct(BTreeSet<u32>);
///
/// impl Store<u32> for Distinct {
///     const NAME: &'static str = "DistinctQueue";
///
///     fn put(&mut self, item: u32) {
///         self.0.insert(item);
///     }
///
///     fn get(&mut self) -> Option<u32> {
///         self.0.pop_first()
///     }
///
///     fn len(&self) -> usize {
///         self.0.len()
///     }
/// }
///
/// let queue = QueueOf::<u32, Distinct>::new(0);
/// [7, 5, 7].into_iter().try_for_each(|item| queue.put_nowait(item)).unwrap();
/// assert_eq!((queue.qsize(), queue.get_nowait().unwrap(), queue.get_nowait().unwrap()), (2, 5, 7));
/// ```
#[doc(alias = "_init")]
pub trait Store<T>: Default {
    /// The name of the queue in its `Debug` form.
    const NAME: &'static str = "Queue";

    /// Adds an item.
    #[doc(alias = "_put")]
    fn put(&mut self, item: T);
    /// Removes the next item and returns it.
    #[doc(alias = "_get")]
    fn get(&mut self) -> Option<T>;
    /// The number of items.
    fn len(&self) -> usize;
    /// Is there no item?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// First in, first out.
///
/// # Examples
///
/// ```
/// use asyncio::queues::{Fifo, Store};
///
/// let mut store = Fifo::default();
/// ["bread", "salt"].into_iter().for_each(|item| store.put(item));
/// assert_eq!((store.get(), store.get(), store.get()), (Some("bread"), Some("salt"), None));
/// ```
pub struct Fifo<T>(VecDeque<T>);

/// Last in, first out.
///
/// # Examples
///
/// ```
/// use asyncio::queues::{Lifo, Store};
///
/// let mut store = Lifo::default();
/// ["bread", "salt"].into_iter().for_each(|item| store.put(item));
/// assert_eq!((store.get(), store.get(), store.get()), (Some("salt"), Some("bread"), None));
/// ```
pub struct Lifo<T>(Vec<T>);

/// The smallest first.
///
/// # Examples
///
/// ```
/// use asyncio::queues::{Smallest, Store};
///
/// let mut store = Smallest::default();
/// [3, 1, 2].into_iter().for_each(|item| store.put(item));
/// assert_eq!((store.get(), store.len()), (Some(1), 2));
/// ```
pub struct Smallest<T>(BinaryHeap<Reverse<T>>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Store<T> for Fifo<T> {
    fn put(&mut self, item: T) {
        self.0.push_back(item);
    }

    fn get(&mut self) -> Option<T> {
        let item = self.0.pop_front();
        if self.0.capacity() > 64 && self.0.len() * 8 < self.0.capacity() {
            self.0.shrink_to(self.0.len() * 2);
        }
        item
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Store<T> for Lifo<T> {
    const NAME: &'static str = "LifoQueue";

    fn put(&mut self, item: T) {
        self.0.push(item);
    }

    fn get(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Ord> Default for Smallest<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T: Ord> Store<T> for Smallest<T> {
    const NAME: &'static str = "PriorityQueue";

    fn put(&mut self, item: T) {
        self.0.push(Reverse(item));
    }

    fn get(&mut self) -> Option<T> {
        self.0.pop().map(|Reverse(item)| item)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: fmt::Debug> fmt::Debug for Fifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Lifo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Smallest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|Reverse(item)| item)).finish()
    }
}
