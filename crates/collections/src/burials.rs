//! Drops long chains of futures, or of other values that own each other, without running out of stack: the last handle of
//! one may be owned by another, and so on.
//!
//! Down to some depth they are dropped one inside the other, as values are in Rust. Deeper ones wait in a list until the outermost
//! has been dropped.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many values are dropped one inside the other.
const DEEP: u32 = 64;

pub struct Burials<T> {
    depth: Cell<u32>,
    later: RefCell<Vec<T>>,
}

impl<T> Default for Burials<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Burials<T> {
    const fn new() -> Self {
        Self { depth: Cell::new(0), later: RefCell::new(Vec::new()) }
    }

    #[inline]
    pub fn is_deep(&self) -> bool {
        self.depth.get() == DEEP
    }

    /// Keeps a last handle until the outermost has been dropped.
    #[cold]
    pub fn later(&self, last: T) {
        self.later.borrow_mut().push(last);
    }

    /// Until the guard is dropped, a value is being dropped, with what it owns.
    #[inline]
    pub fn begin(&self) -> Depth<'_, T> {
        self.depth.set(self.depth.get() + 1);
        Depth(self)
    }

    #[cold]
    fn drop_later(&self) {
        let mut panicked: Option<Box<dyn Any + Send>> = None;
        loop {
            let next = self.later.borrow_mut().pop();
            let Some(next) = next else { break };
            // The others are dropped even if a destructor panics.
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

pub struct Depth<'a, T>(&'a Burials<T>);

impl<T> Drop for Depth<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let outer = self.0.depth.get() - 1;
        if outer == 0 && !self.0.later.borrow().is_empty() {
            // The depth is kept until they are dropped, because they are inside this value.
            return self.0.drop_later();
        }
        self.0.depth.set(outer);
    }
}

thread_local! {
    /// Not in the loop, because these values may outlive it.
    static VALUES: Burials<Box<dyn Any>> = const { Burials::new() };
}

/// Drops a value that may own another of its kind, which may own the next, and so on, without running out of stack, however
/// long the chain is. It is for primitives that store values of the program, such as a queue.
///
/// # Examples
///
/// ```
/// use asyncio::locks::drop_nested;
///
/// /// A list that is not dropped by recursion.
/// struct List(Option<Box<List>>);
///
/// impl Drop for List {
///     fn drop(&mut self) {
///         drop_nested(self.0.take());
///     }
/// }
///
/// drop((0..1_000_000).fold(List(None), |next, _| List(Some(Box::new(next)))));
/// ```
pub fn drop_nested<T: 'static>(value: T) {
    let mut value = Some(value);
    // At the end of a thread the list may be gone.
    let _ = VALUES.try_with(|values| {
        let Some(value) = value.take() else { return };
        if values.is_deep() {
            return values.later(Box::new(value));
        }
        let _depth = values.begin();
        drop(value);
    });
}
