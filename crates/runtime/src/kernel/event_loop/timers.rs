//! The timers of one loop: a heap of deadlines (`asyncio_collections::deadlines`) over a slab of the timers' actions.
//!
//! Pure data, no clock. Timers at the same instant are due in the order of their creation. A cancelled timer leaves its entry in the
//! heap behind.

use std::rc::Rc;
use std::task::Waker;

pub(crate) use asyncio_collections::deadlines::TimerKey;
use asyncio_collections::deadlines::{Deadlines, KEEP};

use crate::base::prefetch;
use crate::kernel::event_loop::ready::Run;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::waking::Wake;
use crate::kernel::watch::Target;

/// A place in the order of creation.
#[derive(Clone, Copy)]
pub(crate) struct Turn(u32);

/// What happens when a timer is due.
pub(crate) enum Action {
    /// Complete a sleep: wake the task that waits.
    Wake(Wake),
    /// Cancel the task: the end of a time limit.
    Cancel(AnyTask),
    /// Run a callback, under the number [`TIME_IS_UP`](crate::kernel::event_loop::ready::TIME_IS_UP).
    Call(Rc<dyn Run>),
}

/// Three words: the kinds of `Action` are kinds of this enum, so that the number fits beside the tag.
enum Slot {
    Free { next: u32 },
    Sleep { seq: u32, sleeper: Wake },
    Limit { seq: u32, task: AnyTask },
    Call { seq: u32, run: Rc<dyn Run> },
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Slot>() == 24);

impl Slot {
    fn armed(seq: u32, action: Action) -> Self {
        match action {
            Action::Wake(sleeper) => Slot::Sleep { seq, sleeper },
            Action::Cancel(task) => Slot::Limit { seq, task },
            Action::Call(run) => Slot::Call { seq, run },
        }
    }

    fn is_armed(&self, number: u32) -> bool {
        matches!(self, Slot::Sleep { seq, .. } | Slot::Limit { seq, .. } | Slot::Call { seq, .. } if *seq == number)
    }

    fn into_action(self) -> Option<Action> {
        match self {
            Slot::Sleep { sleeper, .. } => Some(Action::Wake(sleeper)),
            Slot::Limit { task, .. } => Some(Action::Cancel(task)),
            Slot::Call { run, .. } => Some(Action::Call(run)),
            Slot::Free { .. } => None,
        }
    }
}

/// No slot: the end of the list of free ones.
const NONE: u32 = u32::MAX;

pub(crate) struct Timers {
    deadlines: Deadlines,
    slots: Vec<Slot>,
    free: u32,
    next_seq: u32,
    /// Timers that are still armed: nearly as many heap entries.
    armed: usize,
}

impl Default for Timers {
    fn default() -> Self {
        Self { deadlines: Deadlines::default(), slots: Vec::new(), free: NONE, next_seq: 0, armed: 0 }
    }
}

impl Timers {
    /// Reserves a place in the order of creation, for a timer that is made later or not at all.
    pub(crate) fn take_turn(&mut self) -> Turn {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        Turn(seq)
    }

    pub(crate) fn insert_at_turn(&mut self, turn: Turn, when: f64, action: Action) -> TimerKey {
        let key = self.keep(turn, action);
        self.deadlines.push(when, key);
        key
    }

    /// A timer that is due already, and that the caller queues.
    pub(crate) fn insert_due(&mut self, action: Action) -> TimerKey {
        let turn = self.take_turn();
        self.keep(turn, action)
    }

    /// Stores what a timer does.
    #[inline]
    fn keep(&mut self, Turn(seq): Turn, action: Action) -> TimerKey {
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
        TimerKey { slot, seq }
    }

    /// What a timer does, for observers.
    pub(in crate::kernel) fn target(&self, key: TimerKey) -> Target {
        match self.slots.get(key.slot as usize).filter(|slot| slot.is_armed(key.seq)) {
            Some(Slot::Sleep { sleeper, .. }) => Target::Wake(sleeper.task()),
            Some(Slot::Limit { task, .. }) => Target::Cancel(task.clone()),
            Some(Slot::Call { run, .. }) => Target::Call(Rc::clone(run)),
            Some(Slot::Free { .. }) | None => Target::Nothing,
        }
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&mut self) -> Option<f64> {
        self.deadlines.next(|key| is_armed(&self.slots, key))
    }

    /// Takes the timers that are due before `end`, in order, without firing them. Some may have been cancelled: checking would
    /// cost a look at the slot, which `fire` takes anyway.
    pub(crate) fn take_due(&mut self, end: f64, take: impl FnMut(TimerKey)) {
        self.deadlines.take_due(end, take);
    }

    /// Fires a timer: returns what it does, unless it was cancelled meanwhile.
    #[inline]
    pub(crate) fn fire(&mut self, key: TimerKey) -> Option<Action> {
        let slot = self.slots.get_mut(key.slot as usize).filter(|slot| slot.is_armed(key.seq))?;
        let action = std::mem::replace(slot, Slot::Free { next: self.free }).into_action();
        self.free = key.slot;
        self.armed -= 1;
        if self.armed == 0 && self.slots.len() > KEEP {
            // A burst of timers has ended: free its memory.
            self.slots = Vec::new();
            self.free = NONE;
        }
        action
    }

    /// Prefetches the slot of a timer that will soon fire.
    #[inline]
    pub(crate) fn prefetch(&self, key: TimerKey) {
        prefetch::read(self.slots.as_ptr().wrapping_add(key.slot as usize).addr());
    }

    /// Called after `prefetch`, when the slot is in the cache: prefetches what the slot refers to.
    #[inline]
    pub(crate) fn prefetch_action(&self, key: TimerKey) {
        match self.slots.get(key.slot as usize) {
            Some(Slot::Sleep { sleeper, .. }) => prefetch::task(sleeper.address()),
            Some(Slot::Limit { task, .. }) => prefetch::task(task.as_future().address()),
            Some(Slot::Call { run, .. }) => prefetch::read(Rc::as_ptr(run).addr()),
            _ => {}
        }
    }

    /// Does the sleep under `key` wake the task that `waker` wakes?
    pub(crate) fn wakes(&mut self, key: TimerKey, waker: &Waker) -> bool {
        self.sleeper(key).is_some_and(|sleeper| sleeper.is(waker))
    }

    /// Sets what a sleep wakes, and returns what it woke before, to be dropped by the caller.
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
        is_armed(&self.slots, key)
    }

    /// Is a time limit set for this task?
    pub(crate) fn are_limiting(&self, task: &AnyTask) -> bool {
        self.slots.iter().any(|slot| matches!(slot, Slot::Limit { task: limited, .. } if limited == task))
    }

    /// Cancels a timer that has not fired. Returns what it would have done, to be dropped by the caller.
    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Action> {
        let action = self.fire(key);
        if action.is_some() {
            self.deadlines.sweep(self.armed, |key| is_armed(&self.slots, key));
        }
        action
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.armed == 0
    }

    /// Removes everything. Returns what the timers would have done, to be dropped by the caller.
    pub(crate) fn clear(&mut self) -> Vec<Action> {
        self.deadlines = Deadlines::default();
        self.armed = 0;
        self.free = NONE;
        std::mem::take(&mut self.slots).into_iter().filter_map(Slot::into_action).collect()
    }
}

#[inline]
fn is_armed(slots: &[Slot], key: TimerKey) -> bool {
    slots.get(key.slot as usize).is_some_and(|slot| slot.is_armed(key.seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleep(timers: &mut Timers, when: f64) -> TimerKey {
        let turn = timers.take_turn();
        timers.insert_at_turn(turn, when, Action::Wake(Wake::other(Waker::noop().clone(), 0)))
    }

    fn due(timers: &mut Timers, end: f64) -> Vec<TimerKey> {
        let mut due = Vec::new();
        timers.take_due(end, |key| due.push(key));
        due
    }

    #[test]
    fn timers_are_due_by_deadline_and_then_by_creation() {
        let mut timers = Timers::default();
        let c = sleep(&mut timers, 3.0);
        let a = sleep(&mut timers, 1.0);
        let b = sleep(&mut timers, 1.0);
        assert_eq!(timers.next_deadline(), Some(1.0));
        assert_eq!(due(&mut timers, 1.0), []);
        assert_eq!(due(&mut timers, 1.5), [a, b]);
        assert_eq!(due(&mut timers, 1.5), []);
        assert_eq!(due(&mut timers, f64::INFINITY), [c]);
    }

    #[test]
    fn a_cancelled_timer_never_fires_even_when_its_slot_is_used_again() {
        let mut timers = Timers::default();
        let old = sleep(&mut timers, 1.0);
        let due = due(&mut timers, 2.0);
        assert_eq!(due, [old]);
        assert!(timers.remove(old).is_some());
        let new = sleep(&mut timers, 5.0);
        assert!(timers.fire(old).is_none());
        assert!(timers.is_armed(new));
        assert_eq!(timers.next_deadline(), Some(5.0));
    }

    /// Timers are inserted and cancelled, and time passes in small steps and in leaps; what is due is compared with a list
    /// that is searched.
    #[test]
    fn whatever_is_due_comes_in_order() {
        let mut random = 1u64;
        let mut below = move |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        // The numbers wrap around on the way.
        let mut timers = Timers { next_seq: u32::MAX - 5_000, ..Timers::default() };
        let mut model: Vec<(u64, TimerKey)> = Vec::new();
        let mut now = 0;
        let mut fired = 0;
        for round in 0..300 {
            // Few instants, so that many are equal; now and then a burst.
            for _ in 0..below(if round % 50 == 0 { 5_000 } else { 50 }) {
                let when = now + below(100);
                model.push((when, sleep(&mut timers, when as f64)));
            }
            for _ in 0..below(20).min(model.len() as u64) {
                let (_, key) = model.remove(below(model.len() as u64) as usize);
                assert!(timers.remove(key).is_some() && timers.remove(key).is_none());
            }
            assert_eq!(timers.next_deadline(), model.iter().map(|(when, _)| *when as f64).min_by(f64::total_cmp));
            now += if below(10) == 0 { below(200) } else { below(3) };
            let mut expected: Vec<_> = model.extract_if(.., |(when, _)| *when < now).collect();
            // A stable sort, because the list is in the order of creation.
            expected.sort_by_key(|(when, _)| *when);
            let live: Vec<_> =
                due(&mut timers, now as f64).into_iter().filter(|key| timers.fire(*key).is_some()).collect();
            assert_eq!(live, expected.iter().map(|(_, key)| *key).collect::<Vec<_>>());
            assert_eq!(timers.is_empty(), model.is_empty());
            fired += live.len();
        }
        assert!(fired > 10_000, "{fired}");
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back() {
        let mut timers = Timers::default();
        for i in 0..100_000 {
            sleep(&mut timers, f64::from(i));
        }
        for key in due(&mut timers, f64::INFINITY) {
            assert!(timers.fire(key).is_some());
        }
        assert!(timers.deadlines.room().1 <= KEEP && timers.slots.capacity() <= KEEP);
    }

    #[test]
    fn cancelled_timers_are_swept_when_they_are_the_majority() {
        let mut timers = Timers::default();
        let keep = sleep(&mut timers, 0.5);
        let keys: Vec<_> = (0..10_000).map(|i| sleep(&mut timers, f64::from(i))).collect();
        for key in keys {
            timers.remove(key);
        }
        let entries = timers.deadlines.room().0;
        assert!(entries <= 100, "{entries}");
        assert_eq!(due(&mut timers, 1.0), [keep]);
    }
}
