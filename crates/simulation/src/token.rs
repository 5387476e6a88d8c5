//! The token: a schedule as one line, which Rust and Python replay.
//!
//! `1:fence:walk:SEED` draws every choice from a seed. `1:fence:dev:STEP=INDEX/LEN,…` lists the deviations from first in, first
//! out: at STEP (counted from 0) the entry at INDEX of the LEN ready ones ran instead of the entry at 0. LEN serves to refuse a
//! token for another program, or for an older version of this one.
//!
//! If a network is involved, a second token follows a `+`: `1:net:walk:SEED`, or `1:net:dev:FAULT.NUMBER=INDEX/LEN,…`, which
//! lists the unusual answers to the network's questions. It begins with `1:time:` if time is part of the schedule, too: how
//! long steps take, how late the loop wakes up, when jobs of thread pools run, and when the loop gets reports from its
//! descriptors. Only Rust replays this part.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use asyncio_errors::ValueError;
use asyncio_runtime::SchedulingPolicy;

use crate::choices::{Fate, Mishap};
use crate::hook;
use crate::strategy::Chooser;
use crate::tape::{Player, Tape};

/// The beginning of each part of a token: its version and its subject.
const ORDERS: &str = "1:fence:";
const NETWORK: &str = "1:net:";
const TIME: &str = "1:time:";

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
pub struct Schedule {
    pub(crate) orders: Plan<Deviation>,
    /// The mishaps of the network and of time.
    mishaps: Plan<Mishap>,
    /// Is time part of the schedule? In a list it is if an answer concerns time.
    asks_time: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plan<T> {
    Walk(u64),
    Deviations(Vec<T>),
}

/// A step at which an entry other than the oldest runs.
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
    pub(crate) fn of(deviations: Vec<Deviation>, mishaps: Vec<Mishap>) -> Self {
        let asks_time = mishaps.iter().any(|mishap| mishap.fault.is_of_time());
        Self { orders: Plan::Deviations(deviations), mishaps: Plan::Deviations(mishaps), asks_time }
    }

    /// The seconds that steps may take: as given by the schedule, or 0.
    pub(crate) fn slack(&self) -> f64 {
        if self.asks_time { f64::INFINITY } else { 0.0 }
    }

    pub(crate) fn fate(&self) -> Fate {
        match &self.mishaps {
            Plan::Walk(seed) => Fate::random(*seed),
            Plan::Deviations(mishaps) => Fate::given(mishaps.clone(), true),
        }
    }

    /// The deviations from first in, first out; `None` if they are drawn from a seed.
    #[must_use]
    pub fn deviations(&self) -> Option<&[Deviation]> {
        match &self.orders {
            Plan::Walk(_) => None,
            Plan::Deviations(deviations) => Some(deviations),
        }
    }

    /// The mishaps of the network and of time; `None` if they are drawn from a seed.
    #[must_use]
    pub fn mishaps(&self) -> Option<&[Mishap]> {
        match &self.mishaps {
            Plan::Walk(_) => None,
            Plan::Deviations(mishaps) => Some(mishaps),
        }
    }

    /// Makes every loop that this thread creates from now on follow the schedule, as `ASYNCIO_SCHEDULE` does. It is for programs
    /// without environment variables, as in WebAssembly.
    ///
    /// # Panics
    ///
    /// A loop panics if the schedule is that of another program.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// use asyncio::{gather, run, simulation::Schedule};
    ///
    /// let schedule: Schedule = "1:fence:dev:1=1/2".parse().unwrap();
    /// schedule.follow();
    /// let steps: Rc<RefCell<Vec<&str>>> = Rc::default();
    /// let notes = Rc::clone(&steps);
    /// let step = move |name| {
    ///     let notes = Rc::clone(&notes);
    ///     async move { Ok(notes.borrow_mut().push(name)) }
    /// };
    /// run(async move { gather([step("first"), step("second")]).await.map(drop) }).unwrap();
    /// assert_eq!(*steps.borrow(), ["second", "first"]);
    /// ```
    pub fn follow(&self) {
        hook::follow(self);
    }

    /// The policy that lets one loop follow the schedule, for a loop that [`explore`](crate::explore()) does not make. `told` is
    /// called with each choice: the number of ready entries, and the index of the one that runs. Time passes as the schedule says;
    /// its parts about a network, about threads and about descriptors are ignored.
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
    pub fn policy<F: FnMut(usize, usize) + 'static>(&self, mut told: F) -> impl SchedulingPolicy + use<F> {
        let mut tape = Tape::new(Chooser::strict(self), u64::MAX).with_slack(self.slack());
        tape.mishaps.rewind(self.fate());
        tape.told = Some(Box::new(move |len, index, _| told(len, index)));
        Player::that_panics(&Rc::new(RefCell::new(tape)))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ORDERS}{}", self.orders)?;
        match &self.mishaps {
            Plan::Deviations(mishaps) if mishaps.is_empty() => Ok(()),
            mishaps => write!(f, "+{}{mishaps}", if self.asks_time { TIME } else { NETWORK }),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Plan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Walk(seed) => write!(f, "walk:{seed}"),
            Self::Deviations(all) => {
                f.write_str("dev:")?;
                all.iter()
                    .enumerate()
                    .try_for_each(|(number, one)| write!(f, "{}{one}", if number == 0 { "" } else { "," }))
            }
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}/{}", self.step, self.index, self.len)
    }
}

impl FromStr for Schedule {
    type Err = ValueError;

    fn from_str(token: &str) -> Result<Self, ValueError> {
        let parse = || {
            let (orders, mishaps) = token.split_once('+').map_or((token, None), |(first, then)| (first, Some(then)));
            let rest = orders.strip_prefix(ORDERS).ok_or("it must begin with \"1:fence:\"")?;
            let orders = kind(rest, deviation)?;
            if let Plan::Deviations(deviations) = &orders
                && !deviations.is_sorted_by(|one, next| one.step < next.step)
            {
                return Err("the steps must increase");
            }
            let Some(rest) = mishaps else {
                return Ok(Self { orders, mishaps: Plan::Deviations(Vec::new()), asks_time: false });
            };
            let timed = rest.strip_prefix(TIME);
            let rest = timed.or_else(|| rest.strip_prefix(NETWORK));
            let rest = rest.ok_or("\"1:net:\" or \"1:time:\" must follow the \"+\"")?;
            let why = "what a network does must be FAULT.NUMBER=INDEX/LEN";
            let mishaps = kind(rest, |item| Mishap::parse(item).ok_or(why))?;
            let asks_time = match &mishaps {
                Plan::Walk(_) => timed.is_some(),
                Plan::Deviations(mishaps) => mishaps.iter().any(|mishap| mishap.fault.is_of_time()),
            };
            if asks_time && timed.is_none() {
                return Err("\"busy\", \"late\", \"job\" and \"report\" need \"1:time:\"");
            }
            Ok(Self { orders, mishaps, asks_time })
        };
        parse().map_err(|why: &str| ValueError::new(format!("{token:?} is not a schedule: {why}")))
    }
}

/// One part of a token, behind its version.
fn kind<T>(part: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<Plan<T>, &'static str> {
    if let Some(seed) = part.strip_prefix("walk:") {
        return seed.parse().map(Plan::Walk).map_err(|_| "the seed must be a number");
    }
    let list = part.strip_prefix("dev:").ok_or("\"walk:\" or \"dev:\" must come next")?;
    list.split(',').filter(|item| !item.is_empty()).map(parse).collect::<Result<_, _>>().map(Plan::Deviations)
}

fn deviation(item: &str) -> Result<Deviation, &'static str> {
    let parse = || {
        let (step, choice) = item.split_once('=')?;
        let (index, len) = choice.split_once('/')?;
        Some(Deviation { step: step.parse().ok()?, index: index.parse().ok()?, len: len.parse().ok()? })
    };
    let deviation = parse().ok_or("a deviation must be STEP=INDEX/LEN")?;
    if !(1..deviation.len).contains(&deviation.index) {
        return Err("an index must be at least 1 and less than the number of entries");
    }
    Ok(deviation)
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn a_token_is_read_as_it_is_written() {
        for token in [
            "1:fence:walk:18446744073709551615",
            "1:fence:dev:",
            "1:fence:dev:3=1/4,9=63/10000",
            "1:fence:dev:+1:net:dev:delay.3=4/5,reset.7=1/2",
            "1:fence:walk:1+1:net:walk:2",
            "1:fence:walk:1+1:time:walk:2",
            "1:fence:dev:3=1/4+1:time:dev:busy.0=1/2,late.3=4/5,reset.7=1/2",
            "1:fence:dev:+1:time:dev:job.0=9/10,report.3=1/2",
        ] {
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
            ("1:fence:dev:+", "\"1:net:\" or \"1:time:\" must follow"),
            ("1:fence:dev:+2:net:dev:", "must follow the \"+\""),
            ("1:fence:dev:+1:net:dev:delay.3", "FAULT.NUMBER=INDEX/LEN"),
            ("1:fence:dev:+1:net:dev:typo.3=1/2", "FAULT.NUMBER=INDEX/LEN"),
            ("1:fence:dev:+1:net:dev:busy.3=1/2", "need \"1:time:\""),
            ("1:fence:dev:+1:net:dev:job.3=1/10", "need \"1:time:\""),
            ("1:fence:dev:+2:time:dev:busy.3=1/2", "must follow the \"+\""),
        ] {
            let error = token.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(why), "{token}: {error}");
        }
    }
}
