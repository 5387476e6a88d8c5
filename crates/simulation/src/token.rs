//! The token: a schedule as one line, which Rust and Python replay.
//!
//! `1:fence:walk:SEED` draws every choice from a seed. `1:fence:dev:STEP=INDEX/LEN,…` lists the deviations from first in, first
//! out: at STEP (counted from 0) the entry at INDEX of the LEN ready ones ran instead of the entry at 0. LEN is there so that a
//! token for another program, or for an older version of it, is refused.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use asyncio_errors::ValueError;
use asyncio_runtime::SchedulingPolicy;

use crate::strategy::Chooser;
use crate::tape::{Player, Tape};

/// A schedule in one line; see [`Explore::replay`](crate::Explore::replay).
///
/// # Examples
///
/// ```
/// use asyncio::simulation::Schedule;
///
/// let schedule: Schedule = "1:fence:dev:3=1/4".parse().unwrap();
/// assert_eq!(schedule.deviations().unwrap()[0].step, 3);
/// assert_eq!(schedule.to_string(), "1:fence:dev:3=1/4");
/// assert!("2:fence:dev:3=1/4".parse::<Schedule>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schedule(pub(crate) Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Walk(u64),
    Deviations(Vec<Deviation>),
}

/// A step at which another entry than the oldest one runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Deviation {
    /// The number of the step, from 0. Every entry that a loop runs counts as one.
    pub step: u64,
    /// The index of the entry that runs; the oldest has 0.
    pub index: usize,
    /// How many entries are ready.
    pub len: usize,
}

impl Schedule {
    pub(crate) fn of(deviations: Vec<Deviation>) -> Self {
        Self(Kind::Deviations(deviations))
    }

    /// The deviations from first in, first out; `None` if they are drawn from a seed.
    #[must_use]
    pub fn deviations(&self) -> Option<&[Deviation]> {
        match &self.0 {
            Kind::Walk(_) => None,
            Kind::Deviations(deviations) => Some(deviations),
        }
    }

    /// The policy that lets one loop follow the schedule, for a loop that [`explore`](crate::explore()) does not make. `told` is
    /// called with each choice: how many entries are ready, and the index of the one that runs.
    ///
    /// # Panics
    ///
    /// The policy panics, through the loop, if the schedule is that of another program.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// use asyncio::{Clock, Runner, gather, simulation::Schedule, sleep};
    ///
    /// let schedule: Schedule = "1:fence:dev:1=1/2".parse().unwrap();
    /// let choices: Rc<RefCell<Vec<(usize, usize)>>> = Rc::default();
    /// let notes = Rc::clone(&choices);
    /// let policy = schedule.policy(move |len, index| notes.borrow_mut().push((len, index)));
    /// let runner = Runner::new().clock(Clock::Virtual).scheduling_policy(policy);
    /// runner.run(async { gather([sleep(0), sleep(0)]).await.map(drop) }).unwrap();
    /// assert_eq!(choices.borrow()[..3], [(1, 0), (2, 1), (2, 0)]);
    /// ```
    #[must_use]
    pub fn policy<F: FnMut(usize, usize) + 'static>(&self, told: F) -> impl SchedulingPolicy + use<F> {
        let mut tape = Tape::new(Chooser::strict(self), u64::MAX);
        tape.told = Some(Box::new(told));
        Player::that_panics(&Rc::new(RefCell::new(tape)))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Walk(seed) => write!(f, "1:fence:walk:{seed}"),
            Kind::Deviations(deviations) => {
                f.write_str("1:fence:dev:")?;
                for (number, Deviation { step, index, len }) in deviations.iter().enumerate() {
                    write!(f, "{}{step}={index}/{len}", if number == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Schedule {
    type Err = ValueError;

    fn from_str(token: &str) -> Result<Self, ValueError> {
        let bad = |why: &str| ValueError::new(format!("{token:?} is not a schedule: {why}"));
        let rest = token.strip_prefix("1:fence:").ok_or_else(|| bad("it must begin with \"1:fence:\""))?;
        if let Some(seed) = rest.strip_prefix("walk:") {
            let seed = seed.parse().map_err(|_| bad("the seed must be a number"))?;
            return Ok(Self(Kind::Walk(seed)));
        }
        let list = rest.strip_prefix("dev:").ok_or_else(|| bad("\"walk:\" or \"dev:\" must come next"))?;
        let mut deviations: Vec<Deviation> = Vec::new();
        for item in list.split(',').filter(|item| !item.is_empty()) {
            let deviation = deviation(item).ok_or_else(|| bad("a deviation must be STEP=INDEX/LEN"))?;
            if deviations.last().is_some_and(|last| last.step >= deviation.step) {
                return Err(bad("the steps must increase"));
            }
            if deviation.index == 0 || deviation.index >= deviation.len {
                return Err(bad("an index must be at least 1 and less than the number of entries"));
            }
            deviations.push(deviation);
        }
        Ok(Self::of(deviations))
    }
}

fn deviation(item: &str) -> Option<Deviation> {
    let (step, choice) = item.split_once('=')?;
    let (index, len) = choice.split_once('/')?;
    Some(Deviation { step: step.parse().ok()?, index: index.parse().ok()?, len: len.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn a_token_is_read_as_it_is_written() {
        for token in ["1:fence:walk:18446744073709551615", "1:fence:dev:", "1:fence:dev:3=1/4,9=63/10000"] {
            assert_eq!(token.parse::<Schedule>().unwrap().to_string(), token);
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused_with_a_reason() {
        for (token, why) in [
            ("", "it must begin with"),
            ("2:fence:walk:1", "it must begin with"),
            ("1:fence:pct:1", "must come next"),
            ("1:fence:walk:x", "the seed must be a number"),
            ("1:fence:dev:3=1", "STEP=INDEX/LEN"),
            ("1:fence:dev:3=1/4,3=2/4", "the steps must increase"),
            ("1:fence:dev:3=0/4", "at least 1"),
            ("1:fence:dev:3=4/4", "less than the number"),
        ] {
            let error = token.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(why), "{token}: {error}");
        }
    }
}
