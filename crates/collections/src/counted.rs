//! `CountedWaker`: how many clones of a waker are kept, beside itself?
//!
//! A future that is polled with a waker keeps a clone of it if it is to wake the task. So a poll with such a waker tells whether there
//! is a future in the task that does.

use std::sync::Arc;
use std::task::{Wake, Waker};

struct Counted(Waker);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Lends wakers that do what another one does, and counts them.
pub struct CountedWaker(Arc<Counted>);

impl CountedWaker {
    /// Lends what does as `waker` does.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        Self(Arc::new(Counted(waker)))
    }

    /// One to lend.
    #[must_use]
    pub fn lend(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// Is none of the wakers left that were lent, nor a clone of one? Returns the waker of the beginning, too.
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
