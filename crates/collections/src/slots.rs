//! `Slots`: a list of entries in the order of their insertion. Each has a number, and knows its slot.
//!
//! An entry that is taken out leaves a hole. Once most slots are holes, the remaining entries are moved together, and each is
//! told its new slot. So an entry only has to store its slot.

/// Two lists, because one list of pairs would take more memory.
#[derive(Debug)]
pub struct Slots<T> {
    /// The last is never a hole.
    entries: Vec<Option<T>>,
    numbers: Vec<u32>,
    live: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), numbers: Vec::new(), live: 0 }
    }
}

impl<T> Slots<T> {
    /// Adds an entry with its number and returns its slot.
    ///
    /// # Panics
    ///
    /// If there are too many.
    #[inline]
    pub fn push(&mut self, entry: T, number: u32) -> u32 {
        let slot = u32::try_from(self.entries.len()).expect("fewer than four thousand million entries");
        self.entries.push(Some(entry));
        self.numbers.push(number);
        self.live += 1;
        slot
    }

    /// Takes out the entry in a slot, if there is one. `moved` is told of entries that get another slot.
    #[inline]
    pub fn take(&mut self, slot: u32, moved: impl Fn(&T, u32)) -> Option<T> {
        let entry = self.entries.get_mut(slot as usize)?.take()?;
        self.live -= 1;
        self.close_up(moved);
        Some(entry)
    }

    /// The number of the entry in a slot.
    #[inline]
    pub fn number(&self, slot: u32) -> Option<u32> {
        self.numbers.get(slot as usize).copied()
    }

    /// Gives the entry in a slot another number.
    pub fn set_number(&mut self, slot: u32, number: u32) {
        if let Some(place) = self.numbers.get_mut(slot as usize) {
            *place = number;
        }
    }

    /// The entry with a number.
    pub fn with_number(&self, number: u32) -> Option<&T> {
        let all = self.numbers.iter().zip(&self.entries);
        all.filter(|(own, _)| **own == number).find_map(|(_, entry)| entry.as_ref())
    }

    /// The slot of an entry for which `is_so` returns true; `first` is tried first.
    pub fn find(&self, first: u32, is_so: impl Fn(&T) -> bool) -> Option<u32> {
        let is_here =
            |slot: &u32| self.entries.get(*slot as usize).is_some_and(|entry| entry.as_ref().is_some_and(&is_so));
        Some(first).filter(is_here).or_else(|| (0..self.entries.len() as u32).find(is_here))
    }

    /// All of them, in the order of their insertion.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().flatten()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.live
    }

    #[inline]
    fn close_up(&mut self, moved: impl Fn(&T, u32)) {
        while let Some(None) = self.entries.last() {
            self.entries.pop();
            self.numbers.pop();
        }
        if self.entries.len() > 2 * self.live + 64 {
            self.move_together(moved);
        }
        // A burst has ended: free its memory.
        if self.entries.capacity() > 1024 && self.entries.len() < self.entries.capacity() / 8 {
            self.entries.shrink_to(2 * self.live);
            self.numbers.shrink_to(2 * self.live);
        }
    }

    #[cold]
    fn move_together(&mut self, moved: impl Fn(&T, u32)) {
        let mut end = 0;
        for slot in 0..self.entries.len() {
            let Some(entry) = self.entries[slot].take() else { continue };
            moved(&entry, end as u32);
            self.entries[end] = Some(entry);
            self.numbers[end] = self.numbers[slot];
            end += 1;
        }
        self.entries.truncate(end);
        self.numbers.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// Whichever entries are taken out, in whatever order, the others stay in order, keep their numbers and know their
    /// slots.
    #[test]
    fn entries_stay_in_order_and_know_their_slots() {
        for step in [1, 2, 3, 7] {
            let mut slots = Slots::default();
            let known = RefCell::new(BTreeMap::new());
            for entry in 0..1000_u32 {
                known.borrow_mut().insert(entry, slots.push(entry, entry + 10));
            }
            let moved = |entry: &u32, slot| _ = known.borrow_mut().insert(*entry, slot);
            for entry in (0..1000).step_by(step) {
                let slot = known.borrow_mut().remove(&entry).expect("it is there");
                assert_eq!((slots.number(slot), slots.take(slot, moved)), (Some(entry + 10), Some(entry)));
            }
            let left: Vec<u32> = (0..1000_u32).filter(|entry| !entry.is_multiple_of(step as u32)).collect();
            assert!(slots.iter().eq(&left) && slots.count() == left.len());
            for entry in left {
                let slot = known.borrow()[&entry];
                assert_eq!(slots.number(slot), Some(entry + 10));
                assert_eq!(slots.with_number(entry + 10), Some(&entry));
                assert_eq!(slots.find(0, |other| *other == entry), Some(slot));
            }
        }
    }

    #[test]
    fn a_search_tries_the_slot_where_it_begins_and_then_all() {
        let mut slots = Slots::default();
        let all = [5, 6, 7, 6].map(|entry| slots.push(entry, 0));
        let found = |first, wanted| slots.find(first, |entry| *entry == wanted);
        assert_eq!([0, 3, 9].map(|first| found(first, 5)), [Some(all[0]); 3]);
        assert_eq!([3, 0, 9].map(|first| found(first, 6)), [Some(all[3]), Some(all[1]), Some(all[1])]);
        assert_eq!(found(0, 8), None);
    }

    #[test]
    fn the_slots_of_entries_that_left_last_are_used_again() {
        let mut slots = Slots::default();
        let all = [0, 1, 2].map(|entry| slots.push(entry, entry));
        // The one before the last leaves a hole until the last is removed.
        assert_eq!((slots.take(all[1], |_, _| ()), slots.take(all[2], |_, _| ())), (Some(1), Some(2)));
        assert_eq!((slots.number(all[1]), slots.push(3, 3), slots.push(4, 4)), (None, all[1], all[2]));
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back() {
        let mut slots = Slots::default();
        let all: Vec<u32> = (0..100_000).map(|entry| slots.push(entry, 0)).collect();
        all.iter().rev().for_each(|slot| _ = slots.take(*slot, |_, _| ()));
        assert!(slots.entries.capacity() <= 1024 && slots.numbers.capacity() <= 1024);
        assert_eq!(slots.take(0, |_, _| ()), None);
    }
}
