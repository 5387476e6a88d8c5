//! `Sites`: the places in the code where what waits in a line was written.
//!
//! A report says where a wait was written, so it has to know that from its making to its first poll. Waits there may be a
//! million of, places in the code a few: the core idea is that a wait keeps the number of its place, in half the memory.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::ptr;

type Site = &'static Location<'static>;

/// Mostly there is one, for which nothing is allocated.
#[derive(Default)]
pub(crate) struct Sites {
    first: Cell<Option<Site>>,
    more: RefCell<Vec<Site>>,
}

impl Sites {
    /// The number of a site, which is noted if it is new.
    #[inline]
    pub(crate) fn number(&self, site: Site) -> u32 {
        let first = self.first.get().unwrap_or(site);
        self.first.set(Some(first));
        if ptr::eq(first, site) { 0 } else { self.search(site) }
    }

    #[cold]
    fn search(&self, site: Site) -> u32 {
        let mut more = self.more.borrow_mut();
        let index = more.iter().position(|other| *other == site).unwrap_or_else(|| {
            more.push(site);
            more.len() - 1
        });
        u32::try_from(index + 1).expect("a program has fewer places than that")
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Site {
        match number {
            0 => self.first.get().expect("a site that has a number is noted"),
            number => self.more.borrow()[number as usize - 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_has_a_number_of_its_own() {
        let sites = Sites::default();
        let here = [Location::caller(), other(), third()];
        for _ in 0..2 {
            assert_eq!(here.map(|site| sites.number(site)), [0, 1, 2]);
        }
        assert_eq!([0, 1, 2].map(|number| sites.get(number)), here);
        assert_eq!(sites.more.borrow().len(), 2);
    }

    fn other() -> Site {
        Location::caller()
    }

    fn third() -> Site {
        Location::caller()
    }
}
