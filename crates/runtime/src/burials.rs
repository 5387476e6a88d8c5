//! Futures that go because others do: the last handle on one may be in what another has owned, and so on, in a chain that is
//! longer than the stack is deep.
//!
//! The core idea: down to some depth they go at once, one inside the other, as values do in Rust. Deeper ones wait in a list
//! until the first of them has gone.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::cell::FutureRef;

/// How many go one inside the other.
const DEEP: u32 = 64;

#[derive(Default)]
pub(crate) struct Burials {
    depth: Cell<u32>,
    later: RefCell<Vec<FutureRef>>,
}

impl Burials {
    #[inline]
    pub(crate) fn is_deep(&self) -> bool {
        self.depth.get() == DEEP
    }

    /// Keeps a last handle until the first future of those that go has gone.
    #[cold]
    pub(crate) fn later(&self, last: FutureRef) {
        self.later.borrow_mut().push(last);
    }

    /// What a future owns goes until the guard is dropped.
    #[inline]
    pub(crate) fn begin(&self) -> Depth<'_> {
        self.depth.set(self.depth.get() + 1);
        Depth(self)
    }

    #[cold]
    fn drop_later(&self) {
        let mut panicked: Option<Box<dyn Any + Send>> = None;
        loop {
            let next = self.later.borrow_mut().pop();
            let Some(next) = next else { break };
            // A destructor that panics does not keep the others from going.
            panicked = catch_unwind(AssertUnwindSafe(|| drop(next))).err().or(panicked);
        }
        self.depth.set(0);
        if let Some(payload) = panicked
            && !std::thread::panicking()
        {
            resume_unwind(payload);
        }
    }
}

pub(crate) struct Depth<'a>(&'a Burials);

impl Drop for Depth<'_> {
    #[inline]
    fn drop(&mut self) {
        let outer = self.0.depth.get() - 1;
        if outer == 0 && !self.0.later.borrow().is_empty() {
            // The depth stays until they are gone: they are inside this one.
            return self.0.drop_later();
        }
        self.0.depth.set(outer);
    }
}
