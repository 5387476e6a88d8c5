//! A word of memory that holds whatever fits into it, with nothing in it that says what: that is known elsewhere.

use std::mem::MaybeUninit;

/// Nothing in it is dropped by itself.
#[derive(Clone, Copy)]
pub(crate) struct Word(MaybeUninit<*mut ()>);

impl Word {
    pub(crate) const EMPTY: Self = Self(MaybeUninit::uninit());

    /// Does a `T` fit into a word?
    pub(crate) const fn fits<T>() -> bool {
        size_of::<T>() <= size_of::<Self>() && align_of::<T>() <= align_of::<Self>()
    }

    /// A word with this value, whose type must fit.
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

    /// A look at the value.
    ///
    /// # Safety
    ///
    /// It was made `of` a `T`, which was not read since.
    pub(crate) unsafe fn look<T>(&self) -> &T {
        assert!(Self::fits::<T>());
        // SAFETY: as the caller says, a `T` is there.
        unsafe { &*self.0.as_ptr().cast::<T>() }
    }
}
