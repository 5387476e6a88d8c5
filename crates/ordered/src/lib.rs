//! `Ordered`, a first-in first-out list from which any entry can be removed by its key.
//!
//! Tasks that wait for the same thing wait in such a list. The core idea: keys are numbers in the order of insertion, so a key
//! tells the position of its entry, and a removal leaves a hole there. When most of the positions are holes, the entries that
//! are left move, each with its key, to a second list in front, which is sorted by key and searched. An entry moves at most
//! once, the memory is proportional to the number of entries, and every operation takes amortised constant time, except that
//! entries of the second list are found in O(log n).

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

use std::collections::VecDeque;

/// A first-in first-out list from which any entry can be removed by its key.
#[derive(Debug)]
pub struct Ordered<T> {
    /// The entry with the key `base`, those with the following keys, and holes. The first is never a hole.
    recent: VecDeque<Option<T>>,
    base: u64,
    /// Entries with smaller keys, and holes.
    overtaken: VecDeque<(u64, Option<T>)>,
    /// The numbers of entries in the two lists, without holes.
    live: usize,
    live_overtaken: usize,
}

/// The key of an entry in six bytes, so that a task can keep it beside a pointer. (Two parts and not three: it is copied as two, and
/// a processor waits where it reads as one what was just written as two.)
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(2))]
pub struct Ticket {
    low: u32,
    high: u16,
}

impl Ticket {
    /// Keeps the lowest six bytes of a key.
    #[inline]
    #[must_use]
    pub fn new(key: u64) -> Self {
        // A key becomes longer only after nine years of a million entries a second.
        Self { low: key as u32, high: (key >> 32) as u16 }
    }

    /// The key.
    #[inline]
    #[must_use]
    pub fn key(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Ordered<T> {
    /// Creates an empty list, which allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { recent: VecDeque::new(), base: 0, overtaken: VecDeque::new(), live: 0, live_overtaken: 0 }
    }

    /// How many entries there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.live + self.live_overtaken
    }

    /// Are there none?
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends an entry and returns its key.
    #[inline]
    pub fn push(&mut self, value: T) -> u64 {
        let key = self.next_key();
        self.recent.push_back(Some(value));
        self.live += 1;
        key
    }

    /// The key of the next entry, greater than all keys so far.
    #[inline]
    #[must_use]
    pub fn next_key(&self) -> u64 {
        self.base + self.recent.len() as u64
    }

    /// The entry with this key.
    #[inline]
    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        match self.index(key) {
            Some(index) => self.recent.get_mut(index)?.as_mut(),
            None => self.find_overtaken(key)?.as_mut(),
        }
    }

    /// Takes out the entry with this key.
    #[inline]
    pub fn remove(&mut self, key: u64) -> Option<T> {
        let Some(index) = self.index(key) else { return self.remove_overtaken(key) };
        if index == 0 {
            let value = self.recent.pop_front()?;
            self.base += 1;
            self.live -= 1;
            // Holes at the end stay: a key is not used twice.
            while let Some(None) = self.recent.front() {
                self.recent.pop_front();
                self.base += 1;
            }
            shrink(&mut self.recent);
            return value;
        }
        let value = self.recent.get_mut(index)?.take()?;
        self.live -= 1;
        if self.recent.len() > 2 * self.live + 16 {
            self.overtake();
        }
        Some(value)
    }

    /// Removes the first entry if its key is smaller than `end`.
    pub fn pop_before(&mut self, end: u64) -> Option<T> {
        let key = self.next_from(0)?.0;
        if key < end { self.remove(key) } else { None }
    }

    /// The first entry and its key.
    #[inline]
    pub fn front_mut(&mut self) -> Option<(u64, &mut T)> {
        self.next_from(0)
    }

    /// The first entry whose key is `key` or greater.
    #[inline]
    pub fn next_from(&mut self, key: u64) -> Option<(u64, &mut T)> {
        if key < self.base && self.live_overtaken > 0 {
            return self.iter_from(key).next();
        }
        // Usually this is all: a line is served from its front.
        let first = key.saturating_sub(self.base) as usize;
        let index = (first..self.recent.len()).find(|index| self.recent[*index].is_some())?;
        Some((self.base + index as u64, self.recent[index].as_mut()?))
    }

    /// All entries with their keys, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.iter_from(0)
    }

    #[inline]
    fn iter_from(&mut self, key: u64) -> impl Iterator<Item = (u64, &mut T)> {
        let first = if key < self.base {
            self.overtaken.partition_point(|(other, _)| *other < key)
        } else {
            self.overtaken.len()
        };
        let overtaken = self.overtaken.range_mut(first..).map(|(key, value)| (*key, value));
        let first = self.recent.len().min(key.saturating_sub(self.base) as usize);
        let recent = (self.base + first as u64..).zip(self.recent.range_mut(first..));
        overtaken.chain(recent).filter_map(|(key, value)| Some((key, value.as_mut()?)))
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let overtaken = self.overtaken.iter().map(|(_, value)| value);
        overtaken.chain(&self.recent).filter_map(Option::as_ref)
    }

    /// Removes all entries, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.base = self.next_key();
        (self.live, self.live_overtaken) = (0, 0);
        let overtaken = std::mem::take(&mut self.overtaken).into_iter().map(|(_, value)| value);
        overtaken.chain(std::mem::take(&mut self.recent)).flatten()
    }

    /// The position of an entry in `recent`, unless its key is smaller than all keys there.
    #[inline]
    fn index(&self, key: u64) -> Option<usize> {
        key.checked_sub(self.base).map(|index| index as usize)
    }

    fn find_overtaken(&mut self, key: u64) -> Option<&mut Option<T>> {
        let index = self.overtaken.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(&mut self.overtaken[index].1)
    }

    #[cold]
    fn remove_overtaken(&mut self, key: u64) -> Option<T> {
        let value = self.find_overtaken(key)?.take()?;
        self.live_overtaken -= 1;
        while self.overtaken.front().is_some_and(|(_, value)| value.is_none()) {
            self.overtaken.pop_front();
        }
        if self.overtaken.len() > 2 * self.live_overtaken + 16 {
            // Rotates the deque once, keeping only entries. (`retain` compiles to much more code.)
            for _ in 0..self.overtaken.len() {
                let entry = self.overtaken.pop_front();
                self.overtaken.extend(entry.filter(|(_, value)| value.is_some()));
            }
        }
        shrink(&mut self.overtaken);
        Some(value)
    }

    /// Moves the entries of `recent`, most of which are holes.
    #[cold]
    fn overtake(&mut self) {
        while let Some(value) = self.recent.pop_front() {
            if value.is_some() {
                self.overtaken.push_back((self.base, value));
            }
            self.base += 1;
        }
        self.live_overtaken += std::mem::take(&mut self.live);
        shrink(&mut self.recent);
    }
}

/// Frees memory when little of it is needed.
#[inline]
fn shrink<T>(entries: &mut VecDeque<T>) {
    if entries.capacity() > 64 && entries.len() * 8 < entries.capacity() {
        entries.shrink_to(entries.len() * 2);
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
    fn a_key_of_which_the_entry_left_before_those_in_front_of_it_removes_nothing() {
        let mut list = Ordered::new();
        let keys = [0, 1, 2].map(|entry| list.push(entry));
        assert_eq!((list.remove(keys[1]), list.remove(keys[0]), list.remove(keys[1])), (Some(1), Some(0), None));
        assert_eq!((list.len(), list.front_mut()), (1, Some((keys[2], &mut 2))));
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
            let last = list.push(2);
            list.remove(key);
            list.remove(last);
        }
        assert!(list.recent.len() + list.overtaken.len() < 20, "{list:?}");
        let keys: Vec<u64> = (0..10_000).map(|i| list.push(i)).collect();
        for key in keys {
            list.remove(key);
        }
        list.remove(first);
        assert!(list.is_empty());
        assert!(list.recent.capacity() <= 64, "{}", list.recent.capacity());
        assert!(list.overtaken.capacity() <= 64, "{}", list.overtaken.capacity());
    }

    /// Compared with a list that is searched from the front; some entries stay long while others come and go.
    #[test]
    fn it_does_what_a_plain_list_does() {
        let mut seed = 7_u32;
        let mut random = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        let (mut list, mut plain) = (Ordered::new(), Vec::<(u64, u32)>::new());
        let mut next = 0;
        for round in 0..20_000 {
            // Grows, shrinks and grows again.
            if random(100) < if round / 2000 % 2 == 0 { 60 } else { 45 } {
                assert_eq!(list.push(round), next);
                plain.push((next, round));
                next += 1;
            } else if !plain.is_empty() {
                // Usually one of the last, so that the first are overtaken.
                let from = if random(4) == 0 { 0 } else { plain.len().saturating_sub(3) };
                let (key, value) = plain.remove(from + random((plain.len() - from) as u32) as usize);
                assert_eq!(list.get_mut(key), Some(&mut { value }));
                assert_eq!(list.remove(key), Some(value));
                assert_eq!((list.remove(key), list.get_mut(key)), (None, None));
            }
            let from = u64::from(random(next as u32 + 2));
            let expected = plain.iter().find(|(key, _)| *key >= from).copied();
            assert_eq!(list.next_from(from).map(|(key, value)| (key, *value)), expected);
            if round % 50 == 0 {
                assert_eq!(list.iter_mut().map(|(key, value)| (key, *value)).collect::<Vec<_>>(), plain);
                assert!(list.iter().eq(plain.iter().map(|(_, value)| value)));
            }
            assert_eq!((list.len(), list.next_key()), (plain.len(), next));
        }
        assert!(!list.overtaken.is_empty());
        assert_eq!(list.drain().count(), plain.len());
        assert_eq!((list.push(0), list.len()), (next, 1));
    }
}
