//! `Ordered`, a first-in first-out list from which any entry can be removed by its key.
//!
//! What waits on something waits in such a list. The core idea: keys only grow, so the entries stay sorted by key and a
//! removal is a binary search that leaves a hole; holes are dropped once they outnumber the entries. Every operation is
//! O(log n), amortised, and nothing is allocated per entry.

use std::collections::VecDeque;

#[derive(Debug)]
pub(crate) struct Ordered<T> {
    entries: VecDeque<(u64, Option<T>)>,
    /// The key that the next entry gets.
    next: u64,
    /// How many entries are not holes.
    live: usize,
}

impl<T> Ordered<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: VecDeque::new(), next: 0, live: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Appends an entry and gives its key.
    pub(crate) fn push(&mut self, value: T) -> u64 {
        let key = self.next;
        self.next += 1;
        self.entries.push_back((key, Some(value)));
        self.live += 1;
        key
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let index = self.index(key)?;
        self.entries[index].1.as_mut()
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let index = self.index(key)?;
        let value = self.entries[index].1.take()?;
        self.live -= 1;
        self.tidy();
        Some(value)
    }

    /// Takes the first entry out, if its key is smaller than `end`.
    pub(crate) fn pop_before(&mut self, end: u64) -> Option<T> {
        while self.entries.front().is_some_and(|(key, _)| *key < end) {
            if let Some((_, Some(value))) = self.entries.pop_front() {
                self.live -= 1;
                self.give_back();
                return Some(value);
            }
        }
        None
    }

    /// The key that the next entry gets: all there are have smaller ones.
    pub(crate) fn next_key(&self) -> u64 {
        self.next
    }

    /// The first entry and its key.
    pub(crate) fn front_mut(&mut self) -> Option<(u64, &mut T)> {
        self.iter_mut().next()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.entries.iter_mut().filter_map(|(key, value)| Some((*key, value.as_mut()?)))
    }

    /// As `iter_mut`, leaving out what has a smaller key.
    pub(crate) fn iter_mut_from(&mut self, first: u64) -> impl Iterator<Item = (u64, &mut T)> {
        let start = self.entries.partition_point(|(key, _)| *key < first);
        self.entries.range_mut(start..).filter_map(|(key, value)| Some((*key, value.as_mut()?)))
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter().filter_map(|(_, value)| value.as_ref())
    }

    /// All entries in order; the list is empty afterwards.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.live = 0;
        std::mem::take(&mut self.entries).into_iter().filter_map(|(_, value)| value)
    }

    #[inline]
    fn index(&self, key: u64) -> Option<usize> {
        if self.live == 0 {
            return None;
        }
        self.entries.binary_search_by_key(&key, |(key, _)| *key).ok()
    }

    /// Drops holes at both ends, and all of them once they are the majority.
    fn tidy(&mut self) {
        while self.entries.back().is_some_and(|(_, value)| value.is_none()) {
            self.entries.pop_back();
        }
        while self.entries.front().is_some_and(|(_, value)| value.is_none()) {
            self.entries.pop_front();
        }
        if self.entries.len() > 2 * self.live + 16 {
            self.entries.retain(|(_, value)| value.is_some());
        }
        self.give_back();
    }

    /// Gives memory back when little is left.
    fn give_back(&mut self) {
        if self.entries.capacity() > 64 && self.entries.len() * 8 < self.entries.capacity() {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_leave_in_order_whatever_was_removed() {
        let mut list = Ordered::new();
        let keys: Vec<u64> = (0..100).map(|i| list.push(i)).collect();
        for key in keys.iter().filter(|key| *key % 3 != 0) {
            assert_eq!(list.remove(*key), Some(*key));
            assert_eq!(list.remove(*key), None);
        }
        assert_eq!(list.len(), 34);
        assert_eq!(list.front_mut(), Some((0, &mut 0)));
        assert_eq!(list.drain().collect::<Vec<_>>(), (0..100).step_by(3).collect::<Vec<_>>());
        assert!(list.is_empty());
    }

    #[test]
    fn entries_are_popped_in_order_up_to_a_key() {
        let mut list = Ordered::new();
        let keys: Vec<u64> = (0..10).map(|i| list.push(i)).collect();
        for hole in [0, 3, 4, 7] {
            list.remove(keys[hole]);
        }
        let end = list.next_key();
        list.push(10);
        let popped: Vec<_> = std::iter::from_fn(|| list.pop_before(end)).collect();
        assert_eq!(popped, [1, 2, 5, 6, 8, 9]);
        assert_eq!(list.len(), 1);
        assert_eq!(list.pop_before(list.next_key()), Some(10));
        assert!(list.is_empty());
    }

    #[test]
    fn holes_and_memory_do_not_pile_up() {
        let mut list = Ordered::new();
        let first = list.push(0);
        for _ in 0..10_000 {
            let key = list.push(1);
            list.push(2);
            list.remove(key);
            let last = list.next - 1;
            list.remove(last);
        }
        assert_eq!(list.entries.len(), 1);
        let keys: Vec<u64> = (0..10_000).map(|i| list.push(i)).collect();
        for key in keys {
            list.remove(key);
        }
        list.remove(first);
        assert!(list.entries.capacity() <= 64, "{}", list.entries.capacity());
    }
}
