//! `CountedWaker` counts the clones of a waker that are still alive.
//!
//! A future that is polled with a waker keeps a clone if it will wake the task. So a poll with a counted waker shows whether the
//! task contains such a future.

use std::sync::Arc;
use std::task::{Wake, Waker};

struct Counted(Waker);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Lends wakers that wake what another waker wakes, and counts them.
pub struct CountedWaker(Arc<Counted>);

impl CountedWaker {
    /// Counts wakers that wake what `waker` wakes.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        Self(Arc::new(Counted(waker)))
    }

    /// A waker to lend.
    #[must_use]
    pub fn lend(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// Are all lent wakers, and their clones, dropped? Returns the original waker, too.
    #[must_use]
    pub fn end(self) -> (bool, Waker) {
        (Arc::strong_count(&self.0) == 1, self.0.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_clone_that_is_kept_is_noticed_and_wakes() {
        let woken = Arc::new(Woken::default());
        let counted = CountedWaker::new(Waker::from(Arc::clone(&woken)));
        let lent = counted.lend();
        drop(lent.clone());
        lent.wake_by_ref();
        drop(lent);
        let (are_gone, own) = counted.end();
        assert!(are_gone && own.will_wake(&own.clone()));
        let counted = CountedWaker::new(own);
        let kept = counted.lend().clone();
        assert!(!counted.end().0);
        kept.wake();
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(Arc::strong_count(&woken), 1);
    }
}
