//! What was raised, and `RaisedRef`, the counted pointer to it that an error is.
//!
//! By far the most frequent exception is a cancellation without a message. The core idea: of that there is nothing to keep
//! but which one it is, so it is a number in the place of the pointer, an odd one, and raising it takes no memory. One word
//! is either, so that what every await gives, `Poll<Result<()>>`, comes in two registers and not through memory.
//!
//! Most of this module is what an `Arc` would do, and it is an `Arc` that does it, unless the word is a number.

use std::any::Any;
use std::cell::Cell;
use std::error::Error as StdError;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Link;
use crate::exceptions::CancelledError;

pub(super) enum Raised {
    /// One with a message.
    Cancelled(CancelledError),
    Link(Link),
    Other(Box<dyn StdError + Send + Sync + 'static>),
}

/// What a [`RaisedRef`] leads to.
pub(super) enum Look<'a> {
    /// A cancellation without a message.
    Plain,
    Raised(&'a Raised),
}

/// One raised exception, counted.
pub(super) struct RaisedRef {
    /// Odd: the number of a plain cancellation. Else from `Arc::into_raw`.
    word: NonNull<Raised>,
    owns: PhantomData<Arc<Raised>>,
}

// SAFETY: it is an `Arc<Raised>`, which may be sent, or a number.
unsafe impl Send for RaisedRef where Arc<Raised>: Send {}
// SAFETY: as above.
unsafe impl Sync for RaisedRef where Arc<Raised>: Sync {}

/// An address of a `Raised` is even.
const _: () = assert!(align_of::<Raised>() > 1);

impl RaisedRef {
    pub(super) fn of<E: StdError + Send + Sync + 'static>(error: E) -> Self {
        let mut error = Some(error);
        let any: &mut dyn Any = &mut error;
        match any.downcast_mut().and_then(Option::take) {
            Some(cancelled) if cancelled == PLAIN => Self::plain(),
            Some(cancelled) => Self::new(Raised::Cancelled(cancelled)),
            None => Self::new(Raised::Other(Box::new(error.expect("it was not taken")))),
        }
    }

    pub(super) fn new(raised: Raised) -> Self {
        let pointer = Arc::into_raw(Arc::new(raised)).cast_mut();
        // SAFETY: an `Arc` points to what is there.
        Self { word: unsafe { NonNull::new_unchecked(pointer) }, owns: PhantomData }
    }

    /// A cancellation without a message, which is no other one.
    fn plain() -> Self {
        let number = ptr::without_provenance_mut(next_number() << 1 | 1);
        // SAFETY: it is odd, and so not null.
        Self { word: unsafe { NonNull::new_unchecked(number) }, owns: PhantomData }
    }

    fn is_plain(&self) -> bool {
        self.word.addr().get() & 1 == 1
    }

    pub(super) fn look(&self) -> Look<'_> {
        if self.is_plain() {
            return Look::Plain;
        }
        // SAFETY: it is from an `Arc`, of which this has a share.
        Look::Raised(unsafe { self.word.as_ref() })
    }

    /// What was raised, if nobody else has a share of it.
    pub(super) fn get_mut(&mut self) -> Option<&mut Raised> {
        if self.is_plain() {
            return None;
        }
        // SAFETY: it is from `into_raw`, and the share that this is one for a moment is not dropped.
        let mut arc = ManuallyDrop::new(unsafe { Arc::from_raw(self.word.as_ptr()) });
        Arc::get_mut(&mut arc)?;
        // SAFETY: nobody else has a share, as was just asked, and while this one is borrowed nobody gets one.
        Some(unsafe { self.word.as_mut() })
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Clone for RaisedRef {
    fn clone(&self) -> Self {
        if !self.is_plain() {
            // SAFETY: it is from `into_raw`, and this has a share.
            unsafe { Arc::increment_strong_count(self.word.as_ptr()) };
        }
        Self { word: self.word, owns: PhantomData }
    }
}

impl Drop for RaisedRef {
    fn drop(&mut self) {
        if !self.is_plain() {
            // SAFETY: it is from `into_raw`, and this has a share, which ends here.
            drop(unsafe { Arc::from_raw(self.word.as_ptr()) });
        }
    }
}

/// What every cancellation without a message looks like.
pub(super) static PLAIN: CancelledError = CancelledError::plain();

/// A thread takes so many numbers at a time.
const BLOCK: usize = 1 << (usize::BITS / 2);

thread_local! {
    /// Of the present block, or the end of that.
    static NEXT: Cell<usize> = const { Cell::new(0) };
}

/// A number that nobody in the process has had, as long as they last.
fn next_number() -> usize {
    static BLOCKS: AtomicUsize = AtomicUsize::new(0);
    let number = match NEXT.get() {
        // None were taken yet, or all are used.
        end if end.is_multiple_of(BLOCK) => BLOCKS.fetch_add(1, Ordering::Relaxed).wrapping_mul(BLOCK),
        next => next,
    };
    // The first of a block is not given out, for its successor would not be told from the end of the block before.
    let number = if number.is_multiple_of(BLOCK) { number + 1 } else { number };
    NEXT.set(number.wrapping_add(1));
    number
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::error::Error;
    use crate::exceptions::ValueError;

    #[test]
    fn a_cancellation_is_the_same_as_its_clones_and_no_other_in_any_thread() {
        fn numbers() -> HashSet<usize> {
            (0..1000).map(|_| RaisedRef::of(CancelledError::default())).map(|plain| plain.word.addr().get()).collect()
        }
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(numbers)).collect();
        let all: HashSet<usize> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).chain(numbers()).collect();
        assert_eq!(all.len(), 5000);
        let error = Error::from(CancelledError::default());
        assert!(error.same(&error.clone()) && !error.same(&CancelledError::default().into()));
        assert!(error.is_cancelled() && error.is::<CancelledError>());
        assert_eq!((error.to_string(), format!("{error:?}")), (String::new(), "CancelledError()".to_owned()));
    }

    #[test]
    fn where_a_block_of_numbers_ends_another_begins() {
        let thread = std::thread::spawn(|| {
            let first = next_number();
            assert_eq!((first % BLOCK, next_number()), (1, first + 1));
            NEXT.set(first - 1 + BLOCK - 1);
            let last = next_number();
            assert_eq!(last, first - 1 + BLOCK - 1);
            let next = next_number();
            assert!(next % BLOCK == 1 && next != first, "{next}");
        });
        thread.join().unwrap();
    }

    #[test]
    fn what_was_raised_goes_with_the_last_share() {
        #[derive(Debug)]
        struct Held(Arc<()>);
        impl std::fmt::Display for Held {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "held {}", Arc::strong_count(&self.0))
            }
        }
        impl StdError for Held {}
        let token = Arc::new(());
        let error = Error::from(Held(Arc::clone(&token)));
        let other = std::thread::spawn({
            let error = error.clone();
            move || error.during(CancelledError::default().into())
        });
        let mut other = other.join().unwrap();
        assert!(other.same(&error) && other.context().unwrap().is_cancelled());
        drop(error);
        assert_eq!((Arc::strong_count(&token), other.to_string().as_str()), (2, "held 2"));
        assert!(other.0.get_mut().is_some(), "the link has one owner");
        let shared = other.clone();
        assert!(other.0.get_mut().is_none());
        drop((shared, other));
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn a_cancellation_with_a_message_keeps_it() {
        let error = Error::from(CancelledError::new("stop")).during(ValueError::new("x").into());
        assert!(error.is_cancelled());
        assert_eq!(error.downcast_ref::<CancelledError>().unwrap().message(), Some("stop"));
    }
}
