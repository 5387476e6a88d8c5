//! Who is to be woken by a future, a timer or a line.
//!
//! Nearly always that is a task of this loop, which waits itself. Then a counted pointer to it does, and no waker has to be
//! cloned, whose count is atomic. It relies on a task's own waker being the one that it is polled with.

use std::task::Waker;

use crate::cell::FutureRef;
use crate::current;

/// One who waits. Sixteen bytes, as a waker.
pub(crate) enum Wake {
    Task(FutureRef),
    /// A waker that somebody made of something else: of a task in a combinator, or in another loop.
    Other(Waker),
}

impl Wake {
    /// Who is polled with this waker. To be called where nothing is borrowed: cloning another's waker may run anything.
    pub(crate) fn of(waker: &Waker) -> Self {
        current::with_task(|task| match task {
            Some(task) if task.object.is_woken_by(waker) => Self::Task(task.object.clone()),
            _ => Self::Other(waker.clone()),
        })
    }

    pub(crate) fn wake(self) {
        match self {
            Self::Task(task) => task.wake(),
            Self::Other(waker) => waker.wake(),
        }
    }

    /// Is it who is polled with this waker?
    pub(crate) fn is(&self, waker: &Waker) -> bool {
        match self {
            Self::Task(task) => task.is_woken_by(waker),
            Self::Other(own) => own.will_wake(waker),
        }
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Wake>() == 16);
