//! Tells the processor early which memory will be needed, when many timers are due.
//!
//! Waking one of a million sleepers starts with a wait for memory that no cache holds, and the processor cannot predict the
//! order. The loop knows it, and requests the memory some timers ahead, so that it arrives in time. This is only a hint; where
//! there is no stable way to give it, nothing happens.

/// The length of a cache line on every processor that takes the hint.
const LINE: usize = 64;

/// The task whose cell is at this address will soon be used, and with it its neighbours in memory: async-task's header and the
/// beginning of the coroutine.
#[inline]
pub(crate) fn task(cell: usize) {
    for line in 0..4 {
        read(cell.wrapping_sub(LINE).wrapping_add(line * LINE));
    }
}

/// The memory at this address will soon be used.
#[inline]
pub(crate) fn read(address: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction takes any address. It neither faults nor changes what a program can see, so no test could tell.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address)) }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}
