//! Records of what happens in a loop, of a fixed size: the [`Recorder`](crate::recorder::Recorder) writes them, and
//! [`TraceLines`](crate::lines::TraceLines) reads them.
//!
//! The core idea: nothing is looked up, counted or formatted while it is noted. A task is its id, and a location its address; a
//! text is borrowed from the program unless it had to be made. Details that only few events have are separate records before the
//! event, so that the records stay small.

use std::borrow::Cow;
use std::panic::Location;

use asyncio_runtime::ScheduledId;

/// A text, nearly always a static one of the program.
pub(crate) type Label = Cow<'static, str>;

/// One event, or a detail of the event that follows.
pub(crate) struct Record {
    /// The time in nanoseconds: since the trace began or, under the virtual clock, the loop's time.
    pub(crate) time: u64,
    pub(crate) what: What,
}

const _: () = assert!(size_of::<Record>() <= 40);

/// See [`LoopEvent`](asyncio_runtime::LoopEvent). A task is its id.
pub(crate) enum What {
    /// Detail: the name of the task, with that of its coroutine.
    Name(Label),
    /// Detail: what a callback runs, what a timer does, the name of a coroutine, the members of a group, or an error.
    Text(Label),
    /// Detail: the task or future that is awaited.
    Awaits(usize),
    /// Detail: the task that holds what is waited for.
    HeldBy(usize),
    /// Detail: the length of standard output, valid until the next such detail.
    Printed(u64),

    /// The name of its coroutine is in a `Text` before it.
    TaskCreated {
        task: usize,
        at: &'static Location<'static>,
    },
    /// For the first step, a `Name` comes before it.
    StepBegins(usize),
    StepEnds {
        /// What the task waits on, if that is known.
        waits_on: Option<&'static str>,
        /// The location of the wait; none if the task is done.
        at: Option<&'static Location<'static>>,
    },
    Woken {
        task: usize,
        /// Was it woken by the callback of a descriptor, which is left out?
        by_descriptor: bool,
    },
    CancelRequested {
        task: usize,
        through: Option<usize>,
    },
    /// A `Name` comes before it, and the error in a `Text`.
    TaskDone(usize, End),
    FutureDone,
    Queued(ScheduledId),
    /// Under the virtual clock, a `Text` before it says what the timer does.
    TimerSet {
        timer: ScheduledId,
        when: f64,
    },
    CallCancelled,
    TimerCancelled(ScheduledId),
    /// A `Text` before it says what it runs.
    CallBegins(ScheduledId),
    CallEnds,
    Idle(Option<f64>),
    IdleEnds,
    TimeJumps {
        from: f64,
        to: f64,
    },
    PassBegins(usize),
    PassEnds,
    Closed,
}

/// How a task ended.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Finished,
    Failed,
    Cancelled,
}
