//! A heap of deadlines, which tells what is due next.
//!
//! It is pure data, without a clock. What happens at a deadline is not stored here: an event loop keeps that under the number of
//! a slot. Deadlines at the same instant are due in the order of their creation. A cancelled one leaves its entry behind; such
//! entries are dropped when they come to the top, and all at once when they outnumber the live ones (as in CPython's
//! `BaseEventLoop._run_once`). When much of the heap is due, the due entries are taken out and sorted. Popping a million entries
//! one by one would touch twenty places in memory for each, most of them outside the cache.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// Names one timer: a slot may be reused, and the sequence number tells its timers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerKey {
    /// Where the loop keeps what the timer does.
    pub slot: u32,
    /// A running number that may wrap around: no timer outlives billions of others in one slot, and two timers at the same
    /// instant are never that far apart in age.
    pub seq: u32,
}

impl TimerKey {
    /// Of no timer.
    pub const NONE: Self = Self { slot: u32::MAX, seq: 0 };
}

/// Sixteen bytes: with many timers, the heap does not fit into the cache.
#[derive(Debug)]
struct Entry {
    when: f64,
    key: TimerKey,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// With fewer entries than this, cancelled ones are left in the heap.
const SWEEP_FROM: usize = 100;

/// After this many entries, and one in [`MUCH`] of the heap, have been popped one by one, the remaining due entries are sorted.
/// Looking at an entry costs a small part of popping one.
const SORT_FROM: usize = 64;
const MUCH: usize = 16;

/// Memory for fewer entries than this is kept.
pub const KEEP: usize = 4096;

/// The deadlines of one loop.
#[derive(Debug, Default)]
pub struct Deadlines {
    heap: BinaryHeap<Entry>,
}

impl Deadlines {
    /// Adds one.
    #[inline]
    pub fn push(&mut self, when: f64, key: TimerKey) {
        self.heap.push(Entry { when, key });
    }

    /// The earliest timer that is armed.
    #[inline]
    pub fn next(&mut self, is_armed: impl Fn(TimerKey) -> bool) -> Option<f64> {
        loop {
            let top = self.heap.peek()?;
            if is_armed(top.key) {
                return Some(top.when);
            }
            self.heap.pop();
        }
    }

    /// Takes the entries before `end` in order, including cancelled ones.
    #[inline]
    pub fn take_due(&mut self, end: f64, mut take: impl FnMut(TimerKey)) {
        let mut taken = 0;
        while taken < SORT_FROM || taken < self.heap.len() / MUCH {
            let Some(first) = self.heap.peek_mut().filter(|first| first.when < end) else { return };
            take(PeekMut::pop(first).key);
            taken += 1;
        }
        self.drain_due(end, take);
    }

    /// Like `take_due`, for a heap in which many entries are due.
    #[inline]
    fn drain_due(&mut self, end: f64, take: impl FnMut(TimerKey)) {
        let mut entries = std::mem::take(&mut self.heap).into_vec();
        let mut due: Vec<_> = entries.extract_if(.., |entry| entry.when < end).collect();
        due.sort_unstable_by(|a, b| b.cmp(a));
        due.iter().map(|entry| entry.key).for_each(take);
        if entries.capacity() > KEEP {
            entries.shrink_to(2 * entries.len());
        }
        self.heap = entries.into();
    }

    /// Drops cancelled entries if they are the majority; `armed` is the number of the others.
    #[inline]
    pub fn sweep(&mut self, armed: usize, is_armed: impl Fn(TimerKey) -> bool) {
        if self.heap.len() > SWEEP_FROM && self.heap.len() > 2 * armed {
            let mut entries = std::mem::take(&mut self.heap).into_vec();
            entries.retain(|entry| is_armed(entry.key));
            entries.shrink_to_fit();
            self.heap = entries.into();
        }
    }

    /// The number of entries, and the number that there is memory for.
    #[must_use]
    pub fn room(&self) -> (usize, usize) {
        (self.heap.len(), self.heap.capacity())
    }
}

// The heap is a maximum heap: the greatest entry is the earliest, and among equals the oldest.
impl Ord for Entry {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if other.when < self.when {
            Ordering::Less
        } else if self.when < other.when {
            Ordering::Greater
        } else {
            0.cmp(&(self.key.seq.wrapping_sub(other.key.seq) as i32))
        }
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
