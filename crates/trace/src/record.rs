//! What happens in a loop, as data of a fixed size: what the [`Recorder`](crate::recorder::Recorder) notes and
//! [`Lines`](crate::lines::Lines) reads.
//!
//! The core idea: nothing is looked up, counted or formatted where it is noted. Tasks go by their ids and locations by their
//! addresses; a text is borrowed from the program unless it was made for this. What few events have is a record of its own before
//! the event, so that the others stay small.

use std::borrow::Cow;
use std::panic::Location;

use asyncio_runtime::ScheduledId;

/// A text: nearly always one of the program's own.
pub(crate) type Label = Cow<'static, str>;

/// One thing that happened, or a detail of the one that follows.
pub(crate) struct Record {
    /// When, in nanoseconds: since the trace began or, under the virtual clock, in the time of the loop.
    pub(crate) time: u64,
    pub(crate) what: What,
}

const _: () = assert!(size_of::<Record>() <= 40);

/// See [`LoopEvent`](asyncio_runtime::LoopEvent). A task is its id.
pub(crate) enum What {
    /// Detail: the name of the task, with that of its coroutine.
    Name(Label),
    /// Detail: what a callback runs or a timer does, the name of a coroutine, the members of a group, an error.
    Text(Label),
    /// Detail: the task or future that is awaited.
    Awaits(usize),
    /// Detail: the task that holds what is waited for.
    HeldBy(usize),
    /// Detail: how long standard output is by now. It holds until there is another one.
    Printed(u64),

    /// Its coroutine is the text.
    TaskCreated {
        task: usize,
        at: &'static Location<'static>,
    },
    /// If it is the first step, there is a name.
    StepBegins(usize),
    StepEnds {
        /// What the task waits on, if that is known.
        waits_on: Option<&'static str>,
        /// Where; nowhere if the task is done.
        at: Option<&'static Location<'static>>,
    },
    Woken {
        task: usize,
        /// By the callback of a descriptor, which is left out.
        by_descriptor: bool,
    },
    CancelRequested {
        task: usize,
        through: Option<usize>,
    },
    /// There is a name, and the error is the text.
    TaskDone(usize, End),
    FutureDone,
    Queued(ScheduledId),
    /// Under the virtual clock, what it does is the text.
    TimerSet {
        timer: ScheduledId,
        when: f64,
    },
    CallCancelled,
    TimerCancelled(ScheduledId),
    /// What it runs is the text.
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
