//! What a future remembers: who is to be told while it is pending, and then how it ended.
//!
//! A result of one word that needs no destructor, as numbers and `()` are, stands in the place itself; any other is a box. So
//! the end of most tasks allocates nothing. What type it has the place does not know: `cell`, which knows it by the future's
//! class, is the only one to look.

use std::any::Any;
use std::mem::MaybeUninit;

use crate::callbacks::Callbacks;
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Cancelled,
    /// With an exception.
    Failed,
    /// With a result.
    Finished,
}

/// What a future has to remember depends on its state, so one place serves all: memory per task counts.
pub(crate) enum Memory {
    /// Who is to be told, while it is pending.
    Callbacks(Callbacks),
    /// The exception (`Failed`) or the `CancelledError` (`Cancelled`).
    Error(Error),
    /// It was cancelled without a message: whoever asks gets a `CancelledError` of his own.
    Cancelled,
    /// The result (`Finished`), of at most one word and without a destructor.
    Small(Place),
    /// Any other result.
    Boxed(Box<dyn Any>),
    /// The result was taken out.
    Taken,
}

/// Nobody yet.
pub(crate) const NOBODY: Memory = Memory::Callbacks(Callbacks::None);

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Memory>() == 24);

/// Room for a result, and nothing of its type.
type Place = MaybeUninit<usize>;

/// Does a `T` stand in the place itself?
const fn is_small<T>() -> bool {
    size_of::<T>() <= size_of::<Place>() && align_of::<T>() <= align_of::<Place>() && !std::mem::needs_drop::<T>()
}

impl Memory {
    pub(crate) fn of_value<T: 'static>(value: T) -> Self {
        if const { is_small::<T>() } {
            let mut place = Place::uninit();
            // SAFETY: it fits, in size and alignment.
            unsafe { place.as_mut_ptr().cast::<T>().write(value) };
            Self::Small(place)
        } else {
            Self::Boxed(Box::new(value))
        }
    }

    /// The result, if it is one.
    ///
    /// # Safety
    ///
    /// If it is a result, it was made of a `T`.
    pub(crate) unsafe fn value<T: 'static>(&self) -> Option<&T> {
        match self {
            // SAFETY: as the caller says, a `T` was written there.
            Self::Small(place) => Some(unsafe { &*place.as_ptr().cast::<T>() }),
            Self::Boxed(value) => value.downcast_ref(),
            _ => None,
        }
    }

    /// As [`value`](Self::value), and takes it out.
    ///
    /// # Safety
    ///
    /// As there.
    pub(crate) unsafe fn into_value<T: 'static>(self) -> Option<T> {
        match self {
            Self::Small(place) => {
                std::mem::forget(self);
                // SAFETY: as the caller says, a `T` was written there. It has no destructor, so nothing else drops it.
                Some(unsafe { place.as_ptr().cast::<T>().read() })
            }
            Self::Boxed(value) => value.downcast().ok().map(|value| *value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// Made, looked at and taken out again.
    fn there_and_back<T: Clone + PartialEq + std::fmt::Debug + 'static>(value: T, small: bool) {
        let kept = Memory::of_value(value.clone());
        assert_eq!(matches!(kept, Memory::Small(_)), small, "{value:?}");
        // SAFETY: it was made of a `T`.
        unsafe {
            assert_eq!(kept.value::<T>(), Some(&value));
            assert_eq!(kept.into_value::<T>(), Some(value));
        }
    }

    #[test]
    fn values_of_all_shapes_come_back() {
        there_and_back((), true);
        there_and_back(true, true);
        there_and_back(0x0102_0304_0506_0708_u64, true);
        there_and_back((1_u8, 2_u16, 3_u32), true);
        there_and_back(Some('x'), true);
        there_and_back("a place and a length", false);
        there_and_back([1_u64, 2, 3], false);
        there_and_back(1_u128, false);
        there_and_back(String::from("owned"), false);
    }

    #[test]
    fn what_has_a_destructor_is_dropped_once() {
        let owned = Rc::new(());
        let kept = Memory::of_value(Rc::clone(&owned));
        assert_eq!(Rc::strong_count(&owned), 2);
        drop(kept);
        assert_eq!(Rc::strong_count(&owned), 1);
        // SAFETY: it is made of an `Rc<()>`.
        let back = unsafe { Memory::of_value(Rc::clone(&owned)).into_value::<Rc<()>>() };
        assert_eq!(Rc::strong_count(&owned), 2);
        drop(back);
        assert_eq!(Rc::strong_count(&owned), 1);
    }
}
