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

pub(crate) struct Marks(Cell<u16>);

/// Where the bits of the others begin.
const STATE: u16 = 8;

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
    fn part(&self, first: u16, bits: u16) -> u16 {
        self.0.get() >> first & ((1 << bits) - 1)
    }

    #[inline]
    fn set_part(&self, first: u16, bits: u16, value: u16) {
        let others = self.0.get() & !(((1 << bits) - 1) << first);
        self.0.set(others | value << first);
    }
}
