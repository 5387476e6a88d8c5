//! The content of a future: its callbacks while it is pending, and then its outcome.
//!
//! A result is stored without its type, which only the future's class knows. A result of at most eight bytes without a
//! destructor, such as a number or `()`, is stored inline; any other is in a box. So the end of most tasks allocates nothing.

use std::mem::MaybeUninit;

use asyncio_errors::Error;

use crate::kernel::memory::callbacks::Callbacks;

/// A future's content depends on its state, so one field serves all states: memory per task counts.
pub(crate) enum Memory {
    /// It is pending.
    Callbacks(Callbacks),
    /// The exception (`Failed`) or the `CancelledError` (`Cancelled`).
    Error(Error),
    /// It was cancelled without a message: each query returns a new `CancelledError`.
    Cancelled,
    /// The result (`Finished`).
    Value(Value),
    /// The result was taken out.
    Taken,
}

/// A result without its type. It drops nothing by itself: [`AnyFuture`](crate::AnyFuture) does, through its class.
pub(crate) struct Value(MaybeUninit<Room>);

/// Room for a pointer, and for eight bytes where pointers are shorter.
#[derive(Clone, Copy)]
#[repr(C)]
struct Room(*mut (), [u8; 8 - size_of::<*mut ()>()]);

impl Value {
    /// Is a `T` stored inline? Then it needs no drop.
    pub(crate) const fn is_plain<T>() -> bool {
        size_of::<T>() <= size_of::<Room>() && align_of::<T>() <= align_of::<Room>() && !std::mem::needs_drop::<T>()
    }

    #[inline]
    pub(crate) fn of<T: 'static>(value: T) -> Self {
        let mut room = MaybeUninit::<Room>::uninit();
        // SAFETY: a plain `T` fits into the room, in size and alignment, and so does a box. Test:
        // `values_of_all_shapes_come_back`.
        unsafe {
            if const { Self::is_plain::<T>() } {
                room.as_mut_ptr().cast::<T>().write(value);
            } else {
                room.as_mut_ptr().cast::<Box<T>>().write(Box::new(value));
            }
        }
        Self(room)
    }

    /// # Safety
    ///
    /// It was made of a `T`.
    pub(crate) unsafe fn look<T: 'static>(&mut self) -> &T {
        let room = self.0.as_mut_ptr();
        // SAFETY: as the caller says, `of` has put it there. The pointer is from a unique borrow, so a `T` with interior
        // mutability may be written through it. Test: `values_of_all_shapes_come_back`.
        unsafe { if const { Self::is_plain::<T>() } { &*room.cast::<T>() } else { &*room.cast::<Box<T>>() } }
    }

    /// # Safety
    ///
    /// It was made of a `T`.
    #[inline]
    pub(crate) unsafe fn into<T: 'static>(self) -> T {
        let room = self.0.as_ptr();
        // SAFETY: as the caller says, `of` has put it there. There is no second `Value` to take it out of. Test:
        // `what_has_a_destructor_is_dropped_once`.
        unsafe { if const { Self::is_plain::<T>() } { room.cast::<T>().read() } else { *room.cast::<Box<T>>().read() } }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// Made, looked at and taken out again.
    fn there_and_back<T: Clone + PartialEq + std::fmt::Debug + 'static>(value: T, small: bool) {
        let mut kept = Value::of(value.clone());
        assert_eq!(Value::is_plain::<T>(), small, "{value:?}");
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
        let kept = Value::of(Rc::clone(&owned));
        assert_eq!(Rc::strong_count(&owned), 2);
        // SAFETY: it is made of an `Rc<()>`.
        drop(unsafe { kept.into::<Rc<()>>() });
        assert_eq!(Rc::strong_count(&owned), 1);
    }
}
