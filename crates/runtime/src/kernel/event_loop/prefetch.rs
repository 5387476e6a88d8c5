//! Tells the processor early which memory will be needed.
//!
//! A step of one of a million tasks begins with a wait for memory that no cache holds, and the order of the steps is nothing
//! that a processor could guess. The loop knows it: it says whose turn comes some steps later, so that the wait is over by
//! then. It is a hint and nothing else; where there is no stable way to give it, nothing happens.

/// The parts of a cache are that long on every processor that takes the hint.
const LINE: usize = 64;

/// The task whose cell is at this address will soon be looked at: it and its neighbours in memory, async-task's header and
/// the beginning of the coroutine.
#[inline]
pub(crate) fn task(cell: usize) {
    for line in 0..4 {
        read(cell.wrapping_sub(LINE).wrapping_add(line * LINE));
    }
}

/// What is at this address will soon be looked at.
#[inline]
pub(crate) fn read(address: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction takes any address. It neither faults nor changes what a program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address)) }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}
