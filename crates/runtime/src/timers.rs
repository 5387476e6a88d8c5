//! The timers of one loop: a heap of deadlines over a slab of what each one does.
//!
//! Pure data, no clock. Timers at the same instant are due in the order of their creation. A cancelled timer leaves its
//! heap entry behind; entries are dropped when they come to the top, and all at once when they outnumber the live ones
//! (as `BaseEventLoop._run_once` does).

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::task::Waker;

use crate::ready::Run;
use crate::waking::Wake;

/// Names one timer: the slot may be used again, and the sequence number tells its timers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: u32,
    /// A running number that may wrap around: no timer outlives thousands of millions of others in one slot, and of two at
    /// the same instant the older one is not that much older.
    seq: u32,
}

/// A place in the order of creation.
#[derive(Clone, Copy)]
pub(crate) struct Turn(u32);

/// What happens when a timer is due.
pub(crate) enum Action {
    /// Complete a sleep: wake the task that waits.
    Wake(Wake),
    /// Run a callback, under the number [`TIME_IS_UP`](crate::ready::TIME_IS_UP).
    Call(Rc<dyn Run>),
}

/// Three words: the kinds of `Action` stand side by side with the rest, so that the number fits in beside them.
enum Slot {
    Free {
        next: u32,
    },
    Sleep {
        seq: u32,
        sleeper: Wake,
    },
    Call {
        seq: u32,
        run: Rc<dyn Run>,
    },
    /// Fired, and still owned by the sleep that made it.
    Fired {
        seq: u32,
    },
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Slot>() == 24 && size_of::<Entry>() == 16);

impl Slot {
    fn armed(seq: u32, action: Action) -> Self {
        match action {
            Action::Wake(sleeper) => Slot::Sleep { seq, sleeper },
            Action::Call(run) => Slot::Call { seq, run },
        }
    }

    fn is_armed(&self, number: u32) -> bool {
        matches!(self, Slot::Sleep { seq, .. } | Slot::Call { seq, .. } if *seq == number)
    }

    fn into_action(self) -> Option<Action> {
        match self {
            Slot::Sleep { sleeper, .. } => Some(Action::Wake(sleeper)),
            Slot::Call { run, .. } => Some(Action::Call(run)),
            Slot::Free { .. } | Slot::Fired { .. } => None,
        }
    }
}

/// Sixteen bytes: with many timers, the heap is what the cache does not hold.
struct Entry {
    when: Deadline,
    key: TimerKey,
}

/// A time as a whole number in the same order: the comparisons of the heap are the work of a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline(u64);

const SIGN: u64 = 1 << 63;

impl Deadline {
    fn new(seconds: f64) -> Self {
        let bits = seconds.to_bits();
        Self(if bits & SIGN == 0 { bits | SIGN } else { !bits })
    }

    fn seconds(self) -> f64 {
        f64::from_bits(if self.0 & SIGN == 0 { !self.0 } else { self.0 & !SIGN })
    }
}

/// No slot: the end of the list of free ones.
const NONE: u32 = u32::MAX;

/// Below this many heap entries cancelled ones are left alone.
const SWEEP_FROM: usize = 100;

pub(crate) struct Timers {
    heap: BinaryHeap<Entry>,
    slots: Vec<Slot>,
    free: u32,
    next_seq: u32,
    /// Heap entries whose timer is still armed.
    armed: usize,
}

impl Timers {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: NONE, next_seq: 0, armed: 0 }
    }

    pub(crate) fn insert(&mut self, when: f64, action: Action) -> TimerKey {
        let turn = self.take_turn();
        self.insert_at_turn(turn, when, action)
    }

    /// A place in the order of creation, for a timer that is made later or not at all.
    pub(crate) fn take_turn(&mut self) -> Turn {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        Turn(seq)
    }

    pub(crate) fn insert_at_turn(&mut self, Turn(seq): Turn, when: f64, action: Action) -> TimerKey {
        let armed = Slot::armed(seq, action);
        let slot = if self.free == NONE {
            self.slots.push(armed);
            u32::try_from(self.slots.len() - 1).expect("more than four thousand million timers")
        } else {
            let slot = self.free;
            let Slot::Free { next } = std::mem::replace(&mut self.slots[slot as usize], armed) else {
                unreachable!("the list of free slots holds only free slots")
            };
            self.free = next;
            slot
        };
        self.armed += 1;
        let key = TimerKey { slot, seq };
        self.heap.push(Entry { when: Deadline::new(when), key });
        key
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&mut self) -> Option<f64> {
        loop {
            let top = self.heap.peek()?;
            if self.is_armed(top.key) {
                return Some(top.when.seconds());
            }
            self.heap.pop();
        }
    }

    /// Takes the next timer that is due before `end`, without firing it. It may have been cancelled: to ask would cost a
    /// look at its slot, which `fire` takes anyway.
    pub(crate) fn pop_due(&mut self, end: f64) -> Option<TimerKey> {
        let due = self.heap.peek()?.when < Deadline::new(end);
        due.then(|| self.heap.pop().expect("just seen").key)
    }

    /// Fires a timer: gives what it does, unless it was cancelled meanwhile.
    pub(crate) fn fire(&mut self, key: TimerKey) -> Option<Action> {
        if !self.is_armed(key) {
            return None;
        }
        let slot = &mut self.slots[key.slot as usize];
        let action = std::mem::replace(slot, Slot::Fired { seq: key.seq }).into_action();
        self.armed -= 1;
        if matches!(action, Some(Action::Call(_))) {
            self.free_slot(key.slot);
        }
        action
    }

    /// Is it who is polled with this waker that a sleep wakes?
    pub(crate) fn wakes(&mut self, key: TimerKey, waker: &Waker) -> bool {
        self.sleeper(key).is_some_and(|sleeper| sleeper.is(waker))
    }

    /// Sets whom a sleep wakes; gives who it was, to be dropped by the caller.
    pub(crate) fn set_sleeper(&mut self, key: TimerKey, new: Wake) -> Option<Wake> {
        Some(std::mem::replace(self.sleeper(key)?, new))
    }

    fn sleeper(&mut self, key: TimerKey) -> Option<&mut Wake> {
        match self.slots.get_mut(key.slot as usize) {
            Some(Slot::Sleep { seq, sleeper }) if *seq == key.seq => Some(sleeper),
            _ => None,
        }
    }

    pub(crate) fn is_armed(&self, key: TimerKey) -> bool {
        self.slots.get(key.slot as usize).is_some_and(|slot| slot.is_armed(key.seq))
    }

    /// Cancels a timer, or lets go of one that has fired. Gives what it would have done, to be dropped by the caller.
    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Action> {
        match self.slots.get(key.slot as usize) {
            Some(slot) if slot.is_armed(key.seq) => {
                self.armed -= 1;
                let action = self.free_slot(key.slot);
                if self.heap.len() > SWEEP_FROM && self.heap.len() > 2 * self.armed {
                    self.sweep();
                }
                action
            }
            Some(Slot::Fired { seq }) if *seq == key.seq => self.free_slot(key.slot),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.armed == 0
    }

    /// Removes everything; gives what the timers would have done, to be dropped by the caller.
    pub(crate) fn clear(&mut self) -> Vec<Action> {
        self.heap = BinaryHeap::new();
        self.armed = 0;
        let mut actions = Vec::new();
        for slot in 0..self.slots.len() {
            if let Slot::Sleep { .. } | Slot::Call { .. } = self.slots[slot] {
                actions.extend(self.free_slot(slot as u32));
            }
        }
        actions
    }

    fn free_slot(&mut self, slot: u32) -> Option<Action> {
        let old = std::mem::replace(&mut self.slots[slot as usize], Slot::Free { next: self.free });
        self.free = slot;
        old.into_action()
    }

    fn sweep(&mut self) {
        let mut entries = std::mem::take(&mut self.heap).into_vec();
        entries.retain(|entry| self.is_armed(entry.key));
        entries.shrink_to_fit();
        self.heap = entries.into();
        if self.armed == 0 && self.slots.iter().all(|slot| matches!(slot, Slot::Free { .. })) {
            self.slots = Vec::new();
            self.free = NONE;
        }
    }
}

// The heap is a maximum heap: the greatest entry is the earliest, and among equals the oldest.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let older = || 0.cmp(&(self.key.seq.wrapping_sub(other.key.seq) as i32));
        other.when.cmp(&self.when).then_with(older)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleep(timers: &mut Timers, when: f64) -> TimerKey {
        timers.insert(when, Action::Wake(Wake::other(Waker::noop().clone())))
    }

    #[test]
    fn timers_are_due_by_deadline_and_then_by_creation() {
        let mut timers = Timers::new();
        let c = sleep(&mut timers, 3.0);
        let a = sleep(&mut timers, 1.0);
        let b = sleep(&mut timers, 1.0);
        assert_eq!(timers.next_deadline(), Some(1.0));
        assert_eq!(timers.pop_due(1.0), None);
        assert_eq!(timers.pop_due(1.5), Some(a));
        assert_eq!(timers.pop_due(1.5), Some(b));
        assert_eq!(timers.pop_due(1.5), None);
        assert_eq!(timers.pop_due(f64::INFINITY), Some(c));
    }

    #[test]
    fn a_cancelled_timer_never_fires_even_when_its_slot_is_used_again() {
        let mut timers = Timers::new();
        let old = sleep(&mut timers, 1.0);
        let due = timers.pop_due(2.0).unwrap();
        assert!(timers.remove(old).is_some());
        let new = sleep(&mut timers, 5.0);
        assert!(timers.fire(due).is_none());
        assert!(timers.is_armed(new));
        assert_eq!(timers.next_deadline(), Some(5.0));
    }

    #[test]
    fn cancelled_timers_are_swept_when_they_are_the_majority() {
        let mut timers = Timers::new();
        let keep = sleep(&mut timers, 0.5);
        let keys: Vec<_> = (0..10_000).map(|i| sleep(&mut timers, f64::from(i))).collect();
        for key in keys {
            timers.remove(key);
        }
        assert!(timers.heap.len() <= SWEEP_FROM, "{}", timers.heap.len());
        assert_eq!(timers.pop_due(1.0), Some(keep));
    }
}
