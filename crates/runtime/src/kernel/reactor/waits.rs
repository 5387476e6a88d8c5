//! `Waits`: those who wait for one side of a descriptor, first come first.
//!
//! The core idea: nearly always there is one at most, who is kept in place, so that a wait allocates nothing and a descriptor
//! where nobody waits has no list. Who comes while another one waits goes into an `Ordered`, which is there only for as long
//! as somebody stands in it.

use std::rc::Rc;

use crate::base::ordered::Ordered;
use crate::kernel::event_loop::ready::Run;
use crate::kernel::memory::waking::Wake;

/// One who waits for a side, until the next event.
pub(super) enum Wait {
    /// A wait of this crate, which may leave before.
    Task(Wake),
    /// A `poll` function: there is one at most.
    Poll(Wake),
    /// A callback: there is one at most.
    Call(Rc<dyn Run>),
}

pub(super) struct Waits<T = Wait> {
    /// The key that the next one gets.
    next: u64,
    /// With its key. It came before all `others`.
    first: Option<(u64, T)>,
    /// Never empty.
    others: Option<Box<Ordered<T>>>,
}

impl<T> Waits<T> {
    pub(super) const fn new() -> Self {
        Self { next: 0, first: None, others: None }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.as_ref().map_or(0, |others| others.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_none()
    }

    /// The key that the next one gets: all there are have smaller ones.
    pub(super) fn next_key(&self) -> u64 {
        self.next
    }

    /// Appends one and gives its key.
    #[inline]
    pub(super) fn push(&mut self, wait: T) -> u64 {
        let key = self.next;
        self.next += 1;
        if self.is_empty() {
            self.first = Some((key, wait));
        } else {
            self.push_behind(key, wait);
        }
        key
    }

    #[cold]
    fn push_behind(&mut self, key: u64, wait: T) {
        let given = self.others.get_or_insert_with(|| Box::new(Ordered::beginning_with(key))).push(wait);
        debug_assert_eq!(given, key);
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        match &mut self.first {
            Some((first, wait)) if *first == key => Some(wait),
            _ => self.others.as_mut()?.get_mut(key),
        }
    }

    #[inline]
    pub(super) fn remove(&mut self, key: u64) -> Option<T> {
        match self.first.take_if(|(first, _)| *first == key) {
            Some((_, wait)) => Some(wait),
            None => self.of_others(|others| others.remove(key)),
        }
    }

    /// Takes the first one out, if its key is smaller than `end`.
    #[inline]
    pub(super) fn pop_before(&mut self, end: u64) -> Option<T> {
        match self.first.take_if(|(first, _)| *first < end) {
            Some((_, wait)) => Some(wait),
            None => self.of_others(|others| others.pop_before(end)),
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let others = self.others.iter_mut().flat_map(|others| others.iter_mut().map(|(_, wait)| wait));
        self.first.iter_mut().map(|(_, wait)| wait).chain(others)
    }

    fn of_others(&mut self, take: impl FnOnce(&mut Ordered<T>) -> Option<T>) -> Option<T> {
        let others = self.others.as_mut()?;
        let taken = take(others);
        if others.is_empty() {
            self.others = None;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_leave_in_the_order_in_which_they_came() {
        let mut waits = Waits::new();
        let keys: Vec<u64> = (0..5).map(|i| waits.push(i)).collect();
        assert_eq!(waits.remove(keys[0]), Some(0));
        assert_eq!(waits.remove(keys[0]), None);
        // The first place is free, but others are waiting.
        let last = waits.push(5);
        assert_eq!(waits.remove(keys[3]), Some(3));
        assert_eq!(waits.get_mut(keys[3]), None);
        assert_eq!(waits.get_mut(last), Some(&mut 5));
        assert_eq!(waits.iter_mut().map(|wait| *wait).collect::<Vec<_>>(), [1, 2, 4, 5]);
        assert_eq!(waits.len(), 4);
        let left: Vec<i32> = std::iter::from_fn(|| waits.pop_before(last)).collect();
        assert_eq!(left, [1, 2, 4]);
        assert_eq!(waits.pop_before(waits.next_key()), Some(5));
        assert!(waits.is_empty());
    }

    #[test]
    fn one_who_comes_back_has_another_key_and_needs_no_list() {
        let mut waits = Waits::new();
        let first = waits.push("first");
        let second = waits.push("second");
        assert_eq!(waits.remove(first), Some("first"));
        assert_eq!(waits.remove(second), Some("second"));
        let again = waits.push("again");
        assert!(again > second && waits.others.is_none());
        assert_eq!(waits.pop_before(again), None);
        assert_eq!(waits.get_mut(first), None);
        assert_eq!(waits.get_mut(again), Some(&mut "again"));
    }
}
