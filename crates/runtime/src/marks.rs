//! What is known of a future and of the task that it may be, in two bytes: there may be a million of them.
//!
//! Single marks are a bit each. How the future stands, what its memory holds and what the task waits on are one of few, and
//! have as many bits as that takes.

use std::cell::Cell;

/// What may be true of a future.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    /// The error has not been seen by anybody yet: to be reported when the future goes, unless it is a cancellation.
    Unseen = 1,
    /// What most tasks never have is there, in a box.
    Rare = 1 << 1,
    /// A cancellation was requested and not taken back. (How many beyond the first is rare.)
    Cancelling = 1 << 2,
    /// The task has taken its first step.
    Started = 1 << 3,
    /// Drop the coroutine at the next step.
    Aborted = 1 << 4,
    /// It lies on a way that is being walked: to notice if that comes to it again.
    OnPath = 1 << 5,
    /// A cancellation is to be raised at the next step: `Task._must_cancel`.
    MustCancel = 1 << 6,
    /// The wait itself was cancelled: it raises as soon as the task is resumed.
    WaitCancelled = 1 << 7,
}

/// How a future stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Cancelled,
    /// With an exception.
    Failed,
    /// With a result.
    Finished,
}

/// What the memory of a future holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Nobody,
    Wake,
    Call,
    Many,
    Error,
    Cancelled,
    Value,
    Taken,
}

/// What a task waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitsOn {
    Nothing,
    Yield,
    Timer,
    Cancellable,
    // From here on, the task has a share of it.
    Future,
    Line,
    Readiness,
}

/// See [`Marks::leaves`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    Nothing,
    /// A result, and nothing else.
    Value,
    Something,
}

pub(crate) struct Marks(Cell<u16>);

/// Where the bits of the others begin.
const STATE: u16 = 8;
const HOLDS: u16 = 10;
const WAITS_ON: u16 = 13;

/// What a step of a task has to look at.
const OF_STEP: u16 = Mark::Started as u16
    | Mark::Aborted as u16
    | Mark::OnPath as u16
    | Mark::MustCancel as u16
    | Mark::WaitCancelled as u16;

impl Marks {
    /// A pending future of which nobody is to be told.
    pub(crate) const fn new() -> Self {
        Self(Cell::new(0))
    }

    #[inline]
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.0.get() & mark as u16 != 0
    }

    #[inline]
    pub(crate) fn set(&self, mark: Mark) {
        self.0.set(self.0.get() | mark as u16);
    }

    #[inline]
    pub(crate) fn unset(&self, mark: Mark) {
        self.0.set(self.0.get() & !(mark as u16));
    }

    /// Sets a mark; was it there?
    #[inline]
    pub(crate) fn replace(&self, mark: Mark) -> bool {
        let had = self.has(mark);
        self.set(mark);
        had
    }

    /// Takes a mark away; was it there?
    #[inline]
    pub(crate) fn take(&self, mark: Mark) -> bool {
        let had = self.has(mark);
        self.unset(mark);
        had
    }

    /// Nothing is to be done at this step of a task but to resume the coroutine.
    #[inline]
    pub(crate) fn just_goes_on(&self) -> bool {
        self.0.get() & OF_STEP == Mark::Started as u16
    }

    /// What does a future without handles leave behind?
    #[inline]
    pub(crate) fn leaves(&self) -> Leaves {
        if self.has(Mark::Rare) || self.shares_what_it_waits_on() {
            return Leaves::Something;
        }
        match self.holds() {
            Holds::Nobody | Holds::Cancelled | Holds::Taken => Leaves::Nothing,
            Holds::Value => Leaves::Value,
            Holds::Wake | Holds::Call | Holds::Many | Holds::Error => Leaves::Something,
        }
    }

    // Matches and no tables: the numbers are those that the variants have, so the compiler makes nothing of a match.

    #[inline]
    pub(crate) fn state(&self) -> State {
        match self.part(STATE, 2) {
            0 => State::Pending,
            1 => State::Cancelled,
            2 => State::Failed,
            _ => State::Finished,
        }
    }

    #[inline]
    pub(crate) fn set_state(&self, state: State) {
        self.set_part(STATE, 2, state as u16);
    }

    #[inline]
    pub(crate) fn holds(&self) -> Holds {
        match self.part(HOLDS, 3) {
            0 => Holds::Nobody,
            1 => Holds::Wake,
            2 => Holds::Call,
            3 => Holds::Many,
            4 => Holds::Error,
            5 => Holds::Cancelled,
            6 => Holds::Value,
            _ => Holds::Taken,
        }
    }

    #[inline]
    pub(crate) fn set_holds(&self, holds: Holds) {
        self.set_part(HOLDS, 3, holds as u16);
    }

    #[inline]
    pub(crate) fn waits_on(&self) -> WaitsOn {
        match self.part(WAITS_ON, 3) {
            0 => WaitsOn::Nothing,
            1 => WaitsOn::Yield,
            2 => WaitsOn::Timer,
            3 => WaitsOn::Cancellable,
            4 => WaitsOn::Future,
            5 => WaitsOn::Line,
            _ => WaitsOn::Readiness,
        }
    }

    /// Does the task have a share of what it waits on?
    #[inline]
    pub(crate) fn shares_what_it_waits_on(&self) -> bool {
        self.part(WAITS_ON, 3) >= WaitsOn::Future as u16
    }

    #[inline]
    pub(crate) fn set_waits_on(&self, waits_on: WaitsOn) {
        self.set_part(WAITS_ON, 3, waits_on as u16);
    }

    #[inline]
    fn part(&self, first: u16, bits: u16) -> u16 {
        self.0.get() >> first & ((1 << bits) - 1)
    }

    #[inline]
    fn set_part(&self, first: u16, bits: u16, value: u16) {
        let others = self.0.get() & !(((1 << bits) - 1) << first);
        self.0.set(others | value << first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of a few is kept, whatever is set after it.
    #[test]
    fn nothing_disturbs_the_others() {
        use {Holds::*, State::*};
        let marks = Marks::new();
        assert_eq!((marks.state(), marks.holds(), marks.waits_on()), (Pending, Nobody, WaitsOn::Nothing));
        for state in [Pending, State::Cancelled, Failed, Finished] {
            marks.set_state(state);
            for holds in [Nobody, Wake, Call, Many, Error, Holds::Cancelled, Value, Taken] {
                marks.set_holds(holds);
                for waits_on in [
                    WaitsOn::Nothing,
                    WaitsOn::Yield,
                    WaitsOn::Timer,
                    WaitsOn::Cancellable,
                    WaitsOn::Future,
                    WaitsOn::Line,
                    WaitsOn::Readiness,
                ] {
                    marks.set_waits_on(waits_on);
                    marks.set(Mark::WaitCancelled);
                    assert!(!marks.has(Mark::Unseen) && marks.take(Mark::WaitCancelled));
                    assert_eq!((marks.state(), marks.holds(), marks.waits_on()), (state, holds, waits_on));
                }
            }
        }
    }

    #[test]
    fn a_step_looks_at_what_concerns_it() {
        let marks = Marks::new();
        assert!(!marks.just_goes_on());
        for mark in [Mark::Started, Mark::Unseen, Mark::Rare, Mark::Cancelling] {
            marks.set(mark);
            assert!(marks.just_goes_on());
        }
        for mark in [Mark::Aborted, Mark::OnPath, Mark::MustCancel, Mark::WaitCancelled] {
            marks.set(mark);
            assert!(!marks.just_goes_on());
            marks.unset(mark);
            assert!(marks.just_goes_on());
        }
    }
}
