//! The tape's second part: the choices of networks, of time and of threads, in the order in which they are asked for.
//!
//! The core idea is the same as for orders: each question has a number of answers, of which 0 is the ordinary one, and a run is
//! described by its other answers. Questions are counted separately for each fault, so an answer keeps its meaning when another
//! one is removed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use asyncio_concurrent::conductor::{Conductor, set_conductor};

use crate::fault::Fault;
use crate::rng::Rng;
use crate::tape::Tape;

/// A question with an answer other than the ordinary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Mishap {
    /// What the question was about.
    pub fault: Fault,
    /// Its number among the questions about that fault, from 0.
    pub number: u64,
    /// The answer; 0 is the ordinary one.
    pub index: usize,
    /// How many answers there are.
    pub len: usize,
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, number, index, len } = self;
        write!(f, "{}.{number}={index}/{len}", fault.name())
    }
}

impl Mishap {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (fault, rest) = text.split_once('.')?;
        let (number, rest) = rest.split_once('=')?;
        let (index, len) = rest.split_once('/')?;
        let mishap = Self {
            fault: Fault::named(fault)?,
            number: number.parse().ok()?,
            index: index.parse().ok()?,
            len: len.parse().ok()?,
        };
        (1..mishap.len).contains(&mishap.index).then_some(mishap)
    }
}

/// Who answers.
#[derive(Debug)]
pub(crate) enum Fate {
    Given {
        /// The mishaps that have not happened yet.
        mishaps: BTreeMap<(Fault, u64), Mishap>,
        /// Is a mishap that does not fit an error?
        strict: bool,
    },
    Random {
        rng: Rng,
        /// The faults that happen in this run, as bits.
        kinds: u16,
        /// One question in this many gets an unusual answer.
        rarity: usize,
    },
}

impl Fate {
    pub(crate) fn ordinary() -> Self {
        Self::given(Vec::new(), false)
    }

    pub(crate) fn given(mishaps: Vec<Mishap>, strict: bool) -> Self {
        let keyed = mishaps.into_iter().map(|mishap| ((mishap.fault, mishap.number), mishap));
        Self::Given { mishaps: keyed.collect(), strict }
    }

    /// The fate for one run of a search. Runs differ in the kinds and the number of their faults, because some bugs show only in
    /// the absence of other faults.
    pub(crate) fn random(seed: u64) -> Self {
        // Different numbers from those that the orders draw from the same seed.
        let mut rng = Rng::new(seed ^ 0x6E65_7477_6F72_6B21);
        let kinds = match rng.below(4) {
            0 => u16::MAX,
            _ => (rng.next() >> 48) as u16,
        };
        let rarity = [2, 8, 32, 128, 1024][rng.below(5)];
        Self::Random { rng, kinds, rarity }
    }

    /// The answer to a question: one of the first `possible` ones.
    fn answer(&mut self, number: u64, fault: Fault, len: usize, possible: usize) -> Result<usize, String> {
        match self {
            Self::Random { rng, kinds, rarity } => {
                let happens = possible > 1 && *kinds & 1 << fault as u16 != 0 && rng.below(*rarity) == 0;
                Ok(if happens { 1 + rng.below(possible - 1) } else { 0 })
            }
            Self::Given { mishaps, strict } => {
                let Some(mishap) = mishaps.remove(&(fault, number)) else { return Ok(0) };
                if mishap.len != len && *strict {
                    let (name, known) = (fault.name(), mishap.len);
                    return Err(format!("question {number} about {name} has {len} answers, the schedule says {known}"));
                }
                Ok(mishap.index.min(possible - 1))
            }
        }
    }

    /// A mishap that is left at the end of the program, if any.
    fn left(&self) -> Option<&Mishap> {
        match self {
            Self::Given { mishaps, strict: true } => mishaps.values().next(),
            _ => None,
        }
    }
}

/// The second part of a tape.
#[derive(Debug)]
pub(crate) struct Mishaps {
    fate: Fate,
    /// The number of questions so far about each fault.
    asked: [u64; Fault::ALL.len()],
    pub(crate) happened: Vec<Mishap>,
}

impl Mishaps {
    pub(crate) fn new() -> Self {
        Self { fate: Fate::ordinary(), asked: Default::default(), happened: Vec::new() }
    }

    pub(crate) fn rewind(&mut self, fate: Fate) {
        self.fate = fate;
        self.asked = Default::default();
        self.happened.clear();
    }

    /// Asks a question with `len` answers, of which only the first `possible` ones apply here.
    pub(crate) fn ask(&mut self, fault: Fault, len: usize, possible: usize) -> Result<usize, String> {
        let asked = &mut self.asked[fault as usize];
        let number = *asked;
        *asked += 1;
        let index = self.fate.answer(number, fault, len, possible)?;
        if index > 0 {
            self.happened.push(Mishap { fault, number, index, len });
        }
        Ok(index)
    }

    pub(crate) fn check_end(&self) -> Result<(), String> {
        self.fate.left().map_or(Ok(()), |left| {
            let (name, asked) = (left.fault.name(), self.asked[left.fault as usize]);
            Err(format!("there were {asked} questions about {name}, the schedule answers number {}", left.number))
        })
    }
}

thread_local! {
    static TAPE: RefCell<Option<Rc<RefCell<Tape>>>> = const { RefCell::new(None) };
}

/// While this value exists, everything outside this thread's loops asks the tape: networks, jobs and descriptors.
pub(crate) struct Asked {
    before: Option<Rc<RefCell<Tape>>>,
    seams: Seams,
}

impl Asked {
    pub(crate) fn of(tape: &Rc<RefCell<Tape>>) -> Self {
        Self { before: TAPE.replace(Some(Rc::clone(tape))), seams: Seams::of(tape).set() }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = TAPE.try_with(|place| place.replace(self.before.take()));
        std::mem::take(&mut self.seams).set();
    }
}

/// The interfaces through which crates below the runtime ask the tape of this thread.
#[derive(Default)]
pub(crate) struct Seams {
    conductor: Option<Arc<dyn Conductor>>,
    #[cfg(unix)]
    gate: Option<Rc<dyn asyncio_selectors::gate::Gate>>,
}

impl Seams {
    pub(crate) fn of(tape: &Rc<RefCell<Tape>>) -> Self {
        let jobs = Arc::clone(&tape.borrow().jobs);
        Self {
            conductor: Some(jobs),
            #[cfg(unix)]
            gate: Some(crate::reports::Reports::new(tape)),
        }
    }

    /// Installs them, and returns the previous ones.
    pub(crate) fn set(self) -> Self {
        Self {
            conductor: set_conductor(self.conductor),
            #[cfg(unix)]
            gate: asyncio_selectors::gate::set_gate(self.gate),
        }
    }
}

/// The tape of the program that runs in this thread.
pub(crate) fn current() -> Option<Rc<RefCell<Tape>>> {
    TAPE.with_borrow(Clone::clone).or_else(crate::hook::current)
}

/// Makes a choice for a program that is [explored](crate::explore()), as part of the schedule, and returns a number below
/// `options`. 0 is the ordinary choice, and the answer outside of an exploration.
///
/// Use it for events that the test causes: when to crash a machine, which message to drop, how long a user thinks.
///
/// # Panics
///
/// If `options` is 0.
///
/// # Examples
///
/// ```
/// use asyncio::{Queue, simulation::{choose, explore}, wait_for};
///
/// let found = explore(|| async {
///     let orders = Queue::new(0);
///     if choose(2) == 0 {
///         orders.put("tea").await?; // the guest orders, or does not
///     }
///     let order = wait_for(orders.get(), 60).await?;
///     Ok(order)
/// })
/// .run()
/// .failure
/// .expect("a guest may not order");
/// assert_eq!(found.schedule.to_string(), "1:fence:dev:+1:net:dev:choice.0=1/2");
/// ```
#[must_use = "it is a choice, and nothing else"]
pub fn choose(options: usize) -> usize {
    assert!(options > 0, "there is nothing to choose from");
    if options == 1 { 0 } else { draw(Fault::Choice, options) }
}

/// The tape's answer to a question of a network; the ordinary one, if there is no tape.
pub(crate) fn draw(fault: Fault, len: usize) -> usize {
    current().map_or(0, |tape| tape.borrow_mut().ask(fault, len))
}

#[cfg(test)]
mod tests {
    use super::{Fate, Mishap, Mishaps};
    use crate::fault::Fault;

    #[test]
    fn a_mishap_is_read_as_it_is_written() {
        for text in ["split.0=1/3", "crash.17=3/4"] {
            assert_eq!(Mishap::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "split", "split.1", "split.1=3/3", "split.1=0/3", "spit.1=1/3", "split.x=1/3"] {
            assert_eq!(Mishap::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_happened_can_be_given_again() {
        let questions = [Fault::Split, Fault::Delay, Fault::Reset].repeat(200);
        let play = |fate| {
            let mut mishaps = Mishaps::new();
            mishaps.rewind(fate);
            let answers: Vec<_> = questions.iter().map(|fault| mishaps.ask(*fault, 3, 3).unwrap()).collect();
            (answers, mishaps.happened)
        };
        let mut some = 0;
        for seed in 0..100 {
            let (answers, happened) = play(Fate::random(seed));
            some += usize::from(!happened.is_empty());
            assert_eq!(play(Fate::given(happened.clone(), true)), (answers, happened));
        }
        assert!((30..100).contains(&some), "{some} of 100 runs had faults");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mishap = Mishap { fault: Fault::Split, number: 1, index: 2, len: 3 };
        let given = |strict| {
            let mut mishaps = Mishaps::new();
            mishaps.rewind(Fate::given(vec![mishap], strict));
            mishaps
        };
        let mut strict = given(true);
        assert_eq!((strict.ask(Fault::Split, 3, 3), strict.ask(Fault::Delay, 5, 5)), (Ok(0), Ok(0)));
        assert!(
            strict.check_end().unwrap_err().contains("were 1 questions about split, the schedule answers number 1")
        );
        assert!(strict.ask(Fault::Split, 5, 5).unwrap_err().contains("has 5 answers, the schedule says 3"));
        let mut loose = given(false);
        assert_eq!((loose.ask(Fault::Split, 3, 3), loose.ask(Fault::Split, 2, 2)), (Ok(0), Ok(1)));
        assert_eq!(loose.check_end(), Ok(()));
    }

    #[test]
    fn what_is_not_possible_is_not_answered_and_counts_as_a_question() {
        let mishap = Mishap { fault: Fault::Late, number: 2, index: 4, len: 5 };
        let mut mishaps = Mishaps::new();
        mishaps.rewind(Fate::given(vec![mishap], false));
        assert_eq!([5, 1, 3].map(|possible| mishaps.ask(Fault::Late, 5, possible)), [Ok(0), Ok(0), Ok(2)]);
        assert_eq!(mishaps.happened, [Mishap { index: 2, ..mishap }]);
        let mut answers = std::collections::BTreeSet::new();
        for seed in 0..500 {
            mishaps.rewind(Fate::random(seed));
            assert_eq!(mishaps.ask(Fault::Late, 5, 1), Ok(0));
            answers.insert(mishaps.ask(Fault::Late, 5, 3).unwrap());
        }
        assert_eq!(answers.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
