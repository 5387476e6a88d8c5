//! `Wake`, what wakes a waiting task, and `Entry`, a task's entry in a line.
//!
//! Nearly always the waiter is a task of this loop. Then a counted pointer to it is enough, which avoids cloning a waker, whose
//! count is atomic. Any other waker is in a box, so that either is one word, because a million tasks may wait. This relies on a
//! task's own waker being the one that it is polled with, and on the lowest two bits of a pointer to a future or a waker being
//! free.
//!
//! The tests of each `unsafe` here are `a_waker_of_others_is_woken_or_dropped_once` and `tests/lifetimes.rs`, both under
//! AddressSanitizer and LeakSanitizer.

use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::task::Waker;

use crate::kernel::event_loop::current;
use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::memory::cell::FutureBase;

/// Wakes one task, once: owns an `AnyFuture`, or a `Box<OtherWaker>` if `BOXED` is set.
pub(crate) struct Wake(NonNull<()>);

/// A waker that is not the polled task's own, and the address of that task.
struct OtherWaker(Waker, usize);

const BOXED: usize = 1;
/// In an [`Entry`]: its task no longer waits.
const SETTLED: usize = 2;

const _: () = assert!(align_of::<FutureBase>() > BOXED | SETTLED && align_of::<OtherWaker>() > BOXED | SETTLED);

impl Wake {
    /// Makes a `Wake` for the task that is polled with this waker. Must be called while nothing is borrowed: cloning a foreign
    /// waker may run anything.
    #[inline]
    pub(crate) fn of(waker: &Waker) -> Self {
        current::with_task(|task| match task {
            Some(task) if task.is_woken_by(waker) => Self(task.as_future().clone().into_raw()),
            task => Self::other(waker.clone(), task.map_or(0, |task| task.as_future().address())),
        })
    }

    /// Makes a `Wake` for something else: a part of a task in a combinator, or a task of another loop.
    #[cold]
    pub(in crate::kernel) fn other(waker: Waker, polled_by: usize) -> Self {
        let waker = NonNull::from(Box::leak(Box::new(OtherWaker(waker, polled_by))));
        Self(waker.cast().map_addr(|address| address | BOXED))
    }

    #[inline(always)]
    pub(crate) fn wake(self) {
        let this = ManuallyDrop::new(self);
        match this.boxed() {
            // SAFETY: this owns the box, and is not dropped itself.
            Some(other) => unsafe { Box::from_raw(other) }.0.wake(),
            // SAFETY: as above, of the handle.
            None => unsafe { AnyFuture::from_raw(this.0) }.wake(),
        }
    }

    /// The task that it wakes, if that is a task of this crate.
    pub(crate) fn task(&self) -> Option<AnyTask> {
        match self.boxed() {
            Some(_) => None,
            // SAFETY: this owns the handle, which is not dropped here.
            None => Some(AnyTask::from_future((*ManuallyDrop::new(unsafe { AnyFuture::from_raw(self.0) })).clone())),
        }
    }

    /// The address of the task.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        self.0.addr().get() & !BOXED
    }

    /// Does it wake the task that `waker` wakes?
    pub(crate) fn is(&self, waker: &Waker) -> bool {
        match self.boxed() {
            // SAFETY: this owns the box, and lasts as long as the reference.
            Some(own) => unsafe { &(*own).0 }.will_wake(waker),
            // SAFETY: as above, of the handle, which is not dropped here.
            None => ManuallyDrop::new(unsafe { AnyFuture::from_raw(self.0) }).is_woken_by(waker),
        }
    }

    #[inline]
    fn boxed(&self) -> Option<*mut OtherWaker> {
        let boxed = self.0.addr().get() & BOXED != 0;
        boxed.then(|| self.0.as_ptr().map_addr(|address| address & !BOXED).cast())
    }
}

impl Drop for Wake {
    #[inline]
    fn drop(&mut self) {
        match self.boxed() {
            // SAFETY: this owns the box, and is dropped.
            Some(other) => drop(unsafe { Box::from_raw(other) }),
            // SAFETY: as above, of the handle.
            None => drop(unsafe { AnyFuture::from_raw(self.0) }),
        }
    }
}

/// A task's entry in a line: the task waits, or was woken or cancelled.
pub(crate) struct Entry {
    /// A [`Wake`] if `SETTLED` is not set; otherwise just the address of the task, which keeps nothing alive.
    word: NonNull<()>,
    /// Where the wait began.
    pub(crate) at: &'static Location<'static>,
}

impl Entry {
    #[inline]
    pub(crate) fn waiting(wake: Wake, at: &'static Location<'static>) -> Self {
        Self { word: ManuallyDrop::new(wake).0, at }
    }

    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.word.addr().get() & (SETTLED | BOXED) == SETTLED
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.word.addr().get() & (SETTLED | BOXED) == SETTLED | BOXED
    }

    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.word.addr().get() & SETTLED == 0
    }

    /// Does the entry wait, and does it belong to the task that `waker` wakes?
    pub(crate) fn is_of(&self, waker: &Waker) -> bool {
        self.is_waiting() && ManuallyDrop::new(Wake(self.word)).is(waker)
    }

    /// For an entry that was woken or cancelled: the address of its task, which may be gone; 0 if it is not known.
    pub(crate) fn address_of_task(&self) -> usize {
        self.word.addr().get() & !(SETTLED | BOXED)
    }

    /// Marks a waiting entry as woken, and returns the `Wake` for its task.
    #[inline]
    pub(crate) fn settle_woken(&mut self) -> Option<Wake> {
        self.settle(SETTLED)
    }

    /// Marks a waiting entry as cancelled, and returns the `Wake` for its task.
    pub(crate) fn settle_cancelled(&mut self) -> Option<Wake> {
        self.settle(SETTLED | BOXED)
    }

    #[inline]
    fn settle(&mut self, mark: usize) -> Option<Wake> {
        if !self.is_waiting() {
            return None;
        }
        let wake = Wake(self.word);
        self.word = match wake.boxed() {
            None => self.word.map_addr(|address| address | mark),
            Some(other) => {
                // SAFETY: the box is `wake`'s, which lasts as long as the reference.
                let mark = ptr::without_provenance_mut(unsafe { (*other).1 } | mark);
                NonNull::new(mark).expect("a mark is not 0")
            }
        };
        Some(wake)
    }

    #[cfg(test)]
    fn into_wake(self) -> Option<Wake> {
        let this = ManuallyDrop::new(self);
        if this.is_waiting() { Some(Wake(this.word)) } else { None }
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        if self.is_waiting() {
            drop(Wake(self.word));
        }
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Option<Wake>>() == 8 && size_of::<Option<Entry>>() == 16);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake as StdWake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl StdWake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// However a waiter leaves, what it owns is freed exactly once.
    #[test]
    fn a_waker_of_others_is_woken_or_dropped_once() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let waiting = || Entry::waiting(Wake::other(waker.clone(), 8), Location::caller());
        let woken = || count.0.load(Ordering::Relaxed);

        drop(waiting());
        let mut one = waiting();
        assert!(one.is_waiting() && !one.is_of(Waker::noop()));
        // Miri gives a clone's table an address of its own.
        assert_eq!(one.is_of(&waker), waker.clone().will_wake(&waker));
        one.settle_woken().expect("one who waits").wake();
        assert!(one.is_woken() && !one.is_waiting() && !one.is_cancelled() && !one.is_of(&waker));
        assert!(one.settle_cancelled().is_none() && one.is_woken());
        assert_eq!(one.address_of_task(), 8);
        assert_eq!(woken(), 1);

        let mut another = waiting();
        drop(another.settle_cancelled());
        assert_eq!(another.address_of_task(), 8);
        assert!(another.is_cancelled() && !another.is_woken() && another.into_wake().is_none());
        drop(waiting().into_wake());
        assert_eq!(woken(), 1);

        drop(waker);
        assert_eq!(Arc::strong_count(&count), 1, "all clones of the waker are gone");
    }
}
