//! A word of memory that holds whatever fits into it, with nothing in it that says what: that is known elsewhere.

use std::mem::MaybeUninit;

/// Nothing in it is dropped by itself.
#[derive(Clone, Copy)]
pub(crate) struct Word(MaybeUninit<Room>);

/// Room for a pointer, and for eight bytes where pointers are shorter.
#[derive(Clone, Copy)]
#[repr(C)]
struct Room(*mut (), [u8; 8 - size_of::<*mut ()>()]);

impl Word {
    pub(crate) const EMPTY: Self = Self(MaybeUninit::uninit());

    /// Does a `T` fit into a word?
    pub(crate) const fn fits<T>() -> bool {
        size_of::<T>() <= size_of::<Self>() && align_of::<T>() <= align_of::<Self>()
    }

    /// A word with this value.
    ///
    /// # Panics
    ///
    /// If its type does not fit.
    #[inline]
    pub(crate) fn of<T>(value: T) -> Self {
        assert!(Self::fits::<T>());
        let mut word = Self::EMPTY;
        // SAFETY: it fits, in size and alignment.
        unsafe { word.0.as_mut_ptr().cast::<T>().write(value) };
        word
    }

    /// The value, which this word no longer has.
    ///
    /// # Safety
    ///
    /// It was made `of` a `T`, and that is not read twice (unless it may be copied).
    #[inline]
    pub(crate) unsafe fn read<T>(self) -> T {
        assert!(Self::fits::<T>());
        // SAFETY: as the caller says, a `T` was written there.
        unsafe { self.0.as_ptr().cast::<T>().read() }
    }

    /// A look at the value, for which nobody else may look at this word: a `T` with interior mutability can be written by the
    /// way.
    ///
    /// # Safety
    ///
    /// It was made `of` a `T`, which was not read since.
    pub(crate) unsafe fn look<T>(&mut self) -> &T {
        assert!(Self::fits::<T>());
        // SAFETY: as the caller says, a `T` is there. The pointer is from a unique borrow, so it is good for writing, too.
        unsafe { &*self.0.as_mut_ptr().cast::<T>() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_comes_back() {
        let text: &'static str = "somewhere";
        let mut one = Word::of(Box::new(text));
        // SAFETY: it is a box of a text, and read once.
        unsafe {
            assert_eq!(**one.look::<Box<&str>>(), text);
            assert_eq!(*one.read::<Box<&str>>(), text);
            assert_eq!(Word::of([1_u16, 2, 3, 4]).read::<[u16; 4]>(), [1, 2, 3, 4]);
        }
        assert!(!Word::fits::<&str>() && !Word::fits::<u128>() && Word::fits::<()>());
    }

    #[test]
    #[should_panic(expected = "fits")]
    fn what_does_not_fit_is_refused() {
        let _ = Word::of(1_u128);
    }
}
