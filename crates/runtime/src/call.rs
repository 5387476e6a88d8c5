//! `Call`, a callback that another thread hands in, with the context that it is to run in.
//!
//! The core idea: memory that one thread allocates and another frees is the dearest there is, so a small closure is kept in
//! place, and of a large one its box. This is the only unsafe part of the way in: a value whose type is forgotten, and a
//! function that remembers it.

use std::mem::{ManuallyDrop, MaybeUninit};

use crate::contextvars::{self, Vars};
use crate::coroutines::function_name;

pub(crate) struct Call {
    pub(crate) closure: Closure,
    pub(crate) vars: Vars,
}

impl Call {
    /// A call of `f` in a copy of the current context.
    pub(crate) fn new(f: impl FnOnce() + Send + 'static) -> Self {
        Self { closure: Closure::new(f), vars: contextvars::current() }
    }

    /// As `new`, under the name of another closure.
    pub(crate) fn named<Named>(f: impl FnOnce() + Send + 'static) -> Self {
        Self { closure: Closure::in_place::<Named, _>(f), vars: contextvars::current() }
    }
}

/// A closure of any type. (It may be sent, as what it is made of; with a reference one can only ask for its name.)
pub(crate) struct Closure {
    room: MaybeUninit<Room>,
    pub(crate) kind: &'static Kind,
}

/// Room for what a closure has captured: a handle or two and a number.
type Room = [usize; 3];

/// What has to be known of the closure in the room.
pub(crate) struct Kind {
    type_name: fn() -> &'static str,
    /// Takes it out of the room; calls it or drops it.
    take: unsafe fn(*mut Room, Fate),
}

enum Fate {
    Call,
    Drop,
}

impl Kind {
    /// The name of the function that the closure comes from.
    pub(crate) fn name(&self) -> &'static str {
        function_name((self.type_name)())
    }
}

impl Closure {
    fn new<F: FnOnce() + Send + 'static>(f: F) -> Self {
        if fits::<F>() {
            Self::in_place::<F, F>(f)
        } else {
            let f = Box::new(f);
            Self::in_place::<F, _>(f)
        }
    }

    /// Keeps `f`, under the name of `Named`.
    fn in_place<Named, F: FnOnce() + Send + 'static>(f: F) -> Self {
        assert!(fits::<F>());
        let mut room = MaybeUninit::<Room>::uninit();
        // SAFETY: it fits.
        unsafe { room.as_mut_ptr().cast::<F>().write(f) };
        Self { room, kind: const { &Kind { type_name: std::any::type_name::<Named>, take: take::<F> } } }
    }

    pub(crate) fn call(self) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `in_place` put a closure of this kind there, and nobody takes it again: not even `drop` comes after this.
        unsafe { (this.kind.take)(this.room.as_mut_ptr(), Fate::Call) }
    }
}

impl Drop for Closure {
    fn drop(&mut self) {
        // SAFETY: as in `call`, which is not followed by this.
        unsafe { (self.kind.take)(self.room.as_mut_ptr(), Fate::Drop) }
    }
}

const fn fits<F>() -> bool {
    size_of::<F>() <= size_of::<Room>() && align_of::<F>() <= align_of::<Room>()
}

/// # Safety
///
/// The room holds a closure of this type, which is not taken again.
unsafe fn take<F: FnOnce()>(room: *mut Room, fate: Fate) {
    // SAFETY: the caller says so, and what fits is aligned.
    let f = unsafe { room.cast::<F>().read() };
    match fate {
        Fate::Call => f(),
        Fate::Drop => drop(f),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Calls and drops closures that have captured this many words beside a counted pointer, which tells of a closure that is
    /// lost or dropped twice.
    fn check<const WORDS: usize>() {
        let sum = Arc::new(AtomicU64::new(0));
        let make = || {
            let (sum, words) = (Arc::clone(&sum), [7; WORDS]);
            Call::new(move || {
                sum.fetch_add(1 + words.iter().sum::<u64>(), Ordering::Relaxed);
            })
        };
        let (called, dropped) = (make(), make());
        assert_eq!(Arc::strong_count(&sum), 3);
        assert_eq!(called.closure.kind.name(), "check");
        let call = std::thread::spawn(move || called.closure.call());
        call.join().unwrap();
        drop(dropped);
        assert_eq!(sum.load(Ordering::Relaxed), 1 + 7 * WORDS as u64);
        assert_eq!(Arc::strong_count(&sum), 1);
    }

    #[test]
    fn closures_of_any_size_are_called_or_dropped_once() {
        check::<0>();
        check::<2>();
        check::<3>();
        check::<100>();
    }

    #[test]
    fn a_closure_with_a_greater_alignment_than_the_room_is_in_a_box() {
        #[repr(align(64))]
        struct Line(u8);
        let line = Line(3);
        let call = Call::new(move || {
            let line = &line;
            assert_eq!(std::ptr::from_ref(line).addr() % 64, 0);
            assert_eq!(line.0, 3);
        });
        call.closure.call();
    }

    #[test]
    fn a_closure_that_panics_has_dropped_what_it_captured() {
        let held = Arc::new(());
        let captured = Arc::clone(&held);
        let call = Call::new(move || {
            let _captured = captured;
            panic!("expected");
        });
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.closure.call())).is_err());
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
