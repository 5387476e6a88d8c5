//! What a future remembers: who is to be told while it is pending, and then how it ended.
//!
//! It is kept as a word, and what that holds among the future's marks; a `Memory` is what the two come to. A result of one word
//! that needs no destructor, as numbers and `()` are, stands in the word itself; any other is in a box. So the end of most
//! tasks allocates nothing. What type it has the word does not know: `cell`, which knows it by the future's class, is the only
//! one to look.

use crate::error::Error;
use crate::kernel::memory::callbacks::Callbacks;
use crate::kernel::memory::word::Word;

/// What a future has to remember depends on its state, so one place serves all: memory per task counts.
pub(crate) enum Memory {
    /// Who is to be told, while it is pending.
    Callbacks(Callbacks),
    /// The exception (`Failed`) or the `CancelledError` (`Cancelled`).
    Error(Error),
    /// It was cancelled without a message: whoever asks gets a `CancelledError` of his own.
    Cancelled,
    /// The result (`Finished`).
    Value(Value),
    /// The result was taken out.
    Taken,
}

/// Nobody yet.
pub(crate) const NOBODY: Memory = Memory::Callbacks(Callbacks::None);

/// A result. It does not know its type, so whoever has it must see to its end.
pub(crate) struct Value(Word);

/// Does a `T` stand in the word itself?
const fn is_small<T>() -> bool {
    Word::fits::<T>() && !std::mem::needs_drop::<T>()
}

impl Value {
    #[inline]
    pub(crate) fn of<T: 'static>(value: T) -> Self {
        Self(if const { is_small::<T>() } { Word::of(value) } else { Word::of(Box::new(value)) })
    }

    /// # Safety
    ///
    /// It was made of a `T`.
    pub(crate) unsafe fn look<T: 'static>(&mut self) -> &T {
        // SAFETY: as the caller says, `of` has put it there.
        unsafe { if const { is_small::<T>() } { self.0.look::<T>() } else { self.0.look::<Box<T>>() } }
    }

    /// # Safety
    ///
    /// It was made of a `T`.
    #[inline]
    pub(crate) unsafe fn into<T: 'static>(self) -> T {
        // SAFETY: as the caller says, `of` has put it there. This is the only `Value` with this word.
        unsafe { if const { is_small::<T>() } { self.0.read::<T>() } else { *self.0.read::<Box<T>>() } }
    }

    /// What has to be done at the end of a value that was made of a `T`, if anything.
    pub(crate) const fn end<T: 'static>() -> Option<unsafe fn(Self)> {
        /// As `into`.
        unsafe fn end<T: 'static>(value: Value) {
            // SAFETY: as the caller says.
            drop(unsafe { value.0.read::<Box<T>>() });
        }
        if is_small::<T>() { None } else { Some(end::<T>) }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// Made, looked at and taken out again.
    fn there_and_back<T: Clone + PartialEq + std::fmt::Debug + 'static>(value: T, small: bool) {
        let mut kept = Value::of(value.clone());
        assert_eq!(Value::end::<T>().is_none(), small, "{value:?}");
        // SAFETY: the value was made of a `T`.
        unsafe {
            assert_eq!(kept.look::<T>(), &value);
            assert_eq!(kept.into::<T>(), value);
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
        let end = Value::end::<Rc<()>>().expect("a counted pointer has a destructor");
        let kept = Value::of(Rc::clone(&owned));
        assert_eq!(Rc::strong_count(&owned), 2);
        // SAFETY: it is made of an `Rc<()>`.
        unsafe { end(kept) };
        assert_eq!(Rc::strong_count(&owned), 1);
        // SAFETY: as above.
        let back = unsafe { Value::of(Rc::clone(&owned)).into::<Rc<()>>() };
        assert_eq!(Rc::strong_count(&owned), 2);
        drop(back);
        assert_eq!(Rc::strong_count(&owned), 1);
    }
}
