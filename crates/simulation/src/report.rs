//! What a search returns.

use std::fmt;
use std::time::Duration;

use crate::fault::{self, Fault};
use crate::token::Schedule;

/// A way in which a program fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The main coroutine panicked, or awaited a task that did.
    #[non_exhaustive]
    Panic {
        /// The message.
        message: String,
        /// Where.
        at: String,
    },
    /// The main coroutine raised this.
    Error(String),
    /// No task can go on. The text says which task waits for what.
    Deadlock(String),
    /// These tasks were left when the main coroutine returned, and would be cancelled.
    Leaked(Vec<String>),
    /// The exception handler was called: an exception that nothing retrieved, or a panic in a callback.
    Unhandled(String),
    /// An [`invariant`](crate::invariant()) did not hold after a step.
    #[non_exhaustive]
    Invariant {
        /// Where it was declared.
        at: String,
    },
    /// The program returned a different result from the one that it has first in, first out.
    #[non_exhaustive]
    Differs {
        /// What it returns first in, first out.
        expected: String,
        /// What it returned.
        found: String,
    },
    /// A target of [`check_cancellation`](crate::check_cancellation()) was cancelled and ended in another way.
    Suppressed(String),
    /// Something that a check of cancellation [counts](crate::CheckCancellation::unchanged) has changed.
    Changed(String),
    /// The program had not ended after this many steps.
    Endless(u64),
    /// The schedule is that of another program, or of another version of this one.
    Stale(String),
}

impl Failure {
    /// Is it the same fault? Messages may differ.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Panic { at, .. }, Self::Panic { at: other, .. })
            | (Self::Invariant { at }, Self::Invariant { at: other }) => at == other,
            (Self::Differs { found, .. }, Self::Differs { found: other, .. }) => found == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Failure {
    /// Adds the location of a panic that came from a job.
    pub(crate) fn in_job(self, location: impl FnOnce() -> Option<String>) -> Self {
        match self {
            Self::Panic { message, at } if at.is_empty() => Self::Panic { message, at: location().unwrap_or_default() },
            other => other,
        }
    }

    /// Replaces each text that may name tasks.
    pub(crate) fn map_text(self, text: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Panic { message, at } => Self::Panic { message: text(&message), at },
            Self::Error(error) => Self::Error(text(&error)),
            Self::Deadlock(all) => Self::Deadlock(text(&all)),
            Self::Leaked(tasks) => Self::Leaked(tasks.iter().map(|task| text(task)).collect()),
            Self::Unhandled(error) => Self::Unhandled(text(&error)),
            Self::Differs { expected, found } => Self::Differs { expected: text(&expected), found: text(&found) },
            Self::Suppressed(how) => Self::Suppressed(text(&how)),
            Self::Invariant { .. } | Self::Changed(_) | Self::Endless(_) | Self::Stale(_) => self,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic { message, at } => write!(f, "panic at {at}: {message}"),
            Self::Error(error) => write!(f, "main raised {error}"),
            Self::Deadlock(text) => write!(f, "deadlock: {text}"),
            Self::Leaked(tasks) => write!(f, "tasks are left: {}", tasks.join(", ")),
            Self::Unhandled(text) => f.write_str(text),
            Self::Invariant { at } => write!(f, "the invariant at {at} does not hold"),
            Self::Differs { expected, found } => write!(f, "it returned {found}, and {expected} first in, first out"),
            Self::Suppressed(how) => write!(f, "the cancellation is lost: {how}"),
            Self::Changed(text) => f.write_str(text),
            Self::Endless(steps) => write!(f, "it has not ended after {steps} steps"),
            Self::Stale(why) => write!(f, "the schedule does not fit the program: {why}"),
        }
    }
}

/// A failing schedule, shortened as far as possible.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// How it fails.
    pub failure: Failure,
    /// The schedule. Its `Display` form is the token to replay it with.
    pub schedule: Schedule,
    /// The number of schedules that passed before the first failure.
    pub after: u64,
    /// The number of deviations from first in, first out before shrinking.
    pub deviations: usize,
    /// The number of other choices that were unusual before shrinking: faults of the network and of time, late jobs and late
    /// reports, choices of the program.
    pub mishaps: usize,
    /// Their kinds.
    pub(crate) faults: Vec<Fault>,
    /// What happened, in words: a line for each deviation, with the locations of the tasks that changed places.
    pub story: String,
    /// All steps in order. Those that deviate are marked.
    pub timeline: String,
}

/// One of the possible results of a program, found by [`Explore::outcomes`](crate::Explore::outcomes).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What the program returned, in its `Debug` form, or how it failed.
    pub text: String,
    /// Is it a failure?
    pub failed: bool,
    /// The number of schedules with this outcome.
    pub count: u64,
    /// The shortest schedule found for it.
    pub schedule: Schedule,
}

/// What was proven by trying all schedules of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// No schedule with up to this many deviations fails.
    pub delays: u32,
    /// The number of these schedules. All of them were run.
    pub schedules: u64,
    /// No schedule has more deviations: the program does not fail in any fence order.
    pub complete: bool,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delays, schedules, complete } = self;
        if *complete {
            write!(f, "no fence order fails: all {schedules} were run")
        } else {
            write!(f, "no fence order with up to {delays} delays fails: all {schedules} were run")
        }
    }
}

/// What a search found. Its `Display` form is the report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exploration {
    /// How many schedules were run, up to the one that fails.
    pub schedules: u64,
    /// The real time that they took.
    pub took: Duration,
    /// The schedule that fails; `None` if all those that were run passed.
    pub failure: Option<Found>,
    /// What is proven, if the strategy was [`Strategy::Delays`](crate::Strategy::Delays).
    pub proof: Option<Proof>,
    /// The 30 most frequent results of the program, the most frequent one first, if they were requested.
    pub outcomes: Vec<Outcome>,
}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(found) => {
                writeln!(f, "{}", found.failure)?;
                write!(f, "found after {} schedules, with {} deviations", found.after, found.deviations)?;
                writeln!(f, "{}", fault::counted(&found.faults))?;
                f.write_str(&found.story)?;
                writeln!(f, "the steps:\n{}", found.timeline.trim_end_matches('\n'))?;
                writeln!(f, "to repeat it: ASYNCIO_SCHEDULE={}", found.schedule)?;
            }
            None => writeln!(f, "{} schedules passed", self.schedules)?,
        }
        if let Some(proof) = &self.proof {
            writeln!(f, "{proof}")?;
        }
        for outcome in &self.outcomes {
            writeln!(f, "{:>8}  {}  ({})", outcome.count, outcome.text, outcome.schedule)?;
        }
        Ok(())
    }
}
