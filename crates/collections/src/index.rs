//! `Index`: the positions in a list of the items with a given number, such as an address or a running number.
//!
//! It is not generic, so a program contains the code of its hash table once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// The positions of items, by their numbers. The numbers are the program's own, so the table needs no random keys.
#[derive(Debug, Default)]
pub struct Index(HashMap<usize, Places, BuildHasherDefault<DefaultHasher>>);

/// The first position, and any others (usually none).
type Places = (usize, Vec<usize>);

impl Index {
    /// Adds a position. Returns true if it is the first with this number.
    #[inline(never)]
    pub fn add(&mut self, number: usize, place: usize) -> bool {
        match self.0.entry(number) {
            Entry::Vacant(entry) => {
                entry.insert((place, Vec::new()));
                true
            }
            Entry::Occupied(mut entry) => {
                entry.get_mut().1.push(place);
                false
            }
        }
    }

    /// The position that was added first with this number.
    #[must_use]
    pub fn first(&self, number: usize) -> Option<usize> {
        self.get(number).map(|(first, _)| *first)
    }

    /// The positions with this number, in the order in which they were added.
    #[must_use]
    pub fn all(&self, number: usize) -> Vec<usize> {
        self.get(number).map_or_else(Vec::new, |(first, others)| [&[*first], &others[..]].concat())
    }

    #[inline(never)]
    fn get(&self, number: usize) -> Option<&Places> {
        self.0.get(&number)
    }
}

/// The items with these numbers are at the positions 0, 1, and so on.
impl FromIterator<usize> for Index {
    fn from_iter<Numbers: IntoIterator<Item = usize>>(numbers: Numbers) -> Self {
        let mut index = Self::default();
        numbers.into_iter().enumerate().for_each(|(place, number)| _ = index.add(number, place));
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_their_number() {
        let mut index = Index::from_iter([7, 8, 7]);
        assert_eq!((index.all(7), index.all(8), index.all(9)), (vec![0, 2], vec![1], vec![]));
        assert!(index.add(9, 5) && !index.add(9, 4));
        assert_eq!((index.first(9), index.first(7), index.first(6)), (Some(5), Some(0), None));
    }
}
