//! Strategies: how the next entry is chosen among the eligible ones.
//!
//! A strategy is asked at every step, even when only one entry is eligible, because some strategies track the queue. A random
//! walk draws a number only when there is a choice; its tokens depend on that.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use asyncio_runtime::{AnyTask, Choices};

use crate::rng::Rng;
use crate::token::{Deviation, Plan, Schedule};

/// How a search chooses its schedules; see [`Explore::strategy`](crate::Explore::strategy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// All random ones in turn: walk, POS, and PCT with depths 1 to 3. The default.
    #[default]
    Mixed,
    /// A random walk: at each step all eligible entries are equally likely.
    Walk,
    /// Probabilistic concurrency testing: each task has a random priority, the highest runs, and at `depth - 1` random steps the
    /// task that would run gets the lowest. If `depth` ordering constraints describe a fault, the probability of finding it has
    /// a lower bound.
    Pct {
        /// The number of ordering constraints, 1 to 3 for nearly all faults.
        depth: u32,
    },
    /// Partial order sampling: each entry that becomes ready gets a random priority, and the highest runs. When a step has woken
    /// another task, that orders the two; all other ready entries get new priorities.
    Pos,
    /// Every schedule with at most this many deviations from first in, first out: none, then one, two and so on. The proof is
    /// in [`Exploration::proof`](crate::Exploration::proof).
    Delays(u32),
}

/// The schedule belongs to another program: what the token expected, and what was found.
pub(crate) type Stale = String;

#[derive(Debug)]
pub(crate) enum Chooser {
    Walk(Rng),
    Pct(Box<Pct>),
    Pos(Pos),
    Given(Given),
}

impl Chooser {
    pub(crate) fn fifo() -> Self {
        Self::loose(Vec::new())
    }

    /// Follows the deviations where they are possible.
    pub(crate) fn loose(deviations: Vec<Deviation>) -> Self {
        Self::Given(Given { deviations, next: 0, strict: false })
    }

    /// Follows a token, and refuses it where it does not fit.
    pub(crate) fn strict(schedule: &Schedule) -> Self {
        match &schedule.orders {
            Plan::Walk(seed) => Self::Walk(Rng::new(*seed)),
            Plan::Deviations(deviations) => {
                Self::Given(Given { deviations: deviations.clone(), next: 0, strict: true })
            }
        }
    }

    /// The chooser for schedule `number` of a search whose first schedule took `length` steps.
    pub(crate) fn random(strategy: Strategy, seed: u64, number: u64, length: u64) -> Self {
        let own = seed.wrapping_add(number);
        match strategy {
            Strategy::Walk | Strategy::Delays(_) => Self::Walk(Rng::new(own)),
            Strategy::Pct { depth } => Self::Pct(Box::new(Pct::new(Rng::new(own), depth, length))),
            Strategy::Pos => Self::Pos(Pos { rng: Rng::new(own), priorities: VecDeque::with_capacity(16), last: None }),
            Strategy::Mixed => {
                let turns = [
                    Strategy::Walk,
                    Strategy::Pct { depth: 2 },
                    Strategy::Pos,
                    Strategy::Pct { depth: 3 },
                    Strategy::Walk,
                    Strategy::Pct { depth: 1 },
                ];
                Self::random(turns[(number % turns.len() as u64) as usize], seed, number, length)
            }
        }
    }

    /// The index of the entry to run, less than `eligible`.
    pub(crate) fn choose(&mut self, step: u64, eligible: usize, ready: &Choices<'_>) -> Result<usize, Stale> {
        match self {
            Self::Walk(_) if eligible == 1 => Ok(0),
            Self::Walk(rng) => Ok(rng.below(eligible)),
            Self::Pct(pct) => Ok(pct.choose(step, eligible, ready)),
            Self::Pos(pos) => Ok(pos.choose(eligible, ready)),
            Self::Given(given) => given.choose(step, eligible, ready.len()),
        }
    }

    /// Must it be told of tasks that are done?
    pub(crate) fn knows_tasks(&self) -> bool {
        matches!(self, Self::Pct(_) | Self::Pos(_))
    }

    /// Forgets a task that is done. Returns the handle, for the caller to drop.
    pub(crate) fn forget(&mut self, task: &AnyTask) -> Option<AnyTask> {
        match self {
            Self::Pct(pct) => pct.known.remove_entry(task).map(|(known, _)| known),
            Self::Pos(Pos { last: Some((last, _)), .. }) if last.is_same(Some(task)) => {
                match std::mem::replace(last, Last::TaskThatIsDone) {
                    Last::Task(task) => Some(task),
                    Last::Callback | Last::TaskThatIsDone => None,
                }
            }
            _ => None,
        }
    }

    /// The program has ended after `steps` steps. Fails if a part of the schedule is left.
    pub(crate) fn check_end(&self, steps: u64) -> Result<(), Stale> {
        let Self::Given(Given { deviations, next, strict: true }) = self else { return Ok(()) };
        deviations.get(*next).map_or(Ok(()), |left| {
            Err(format!("the program ended after {steps} steps, the schedule goes on at step {}", left.step))
        })
    }
}

/// A list of deviations.
#[derive(Debug)]
pub(crate) struct Given {
    deviations: Vec<Deviation>,
    next: usize,
    strict: bool,
}

impl Given {
    fn choose(&mut self, step: u64, eligible: usize, len: usize) -> Result<usize, Stale> {
        let Some(deviation) = self.deviations.get(self.next).filter(|deviation| deviation.step == step) else {
            return Ok(0);
        };
        self.next += 1;
        if self.strict && deviation.len != len {
            return Err(format!("step {step}: {len} are ready, the schedule says {}", deviation.len));
        }
        if self.strict && deviation.index >= eligible {
            return Err(format!("step {step}: the schedule runs entry {}, only {eligible} may run", deviation.index));
        }
        Ok(deviation.index.min(eligible - 1))
    }
}

/// Priorities of tasks. All other entries share one.
#[derive(Debug)]
pub(crate) struct Pct {
    rng: Rng,
    /// The index of the priority of each task that is not done. The handles keep the tasks alive, so that no new task gets the
    /// address of a known one. A task that is done must not be kept, because its end has effects, such as the drop of its result.
    known: HashMap<AnyTask, usize, BuildHasherDefault<AddressHasher>>,
    priorities: Vec<u64>,
    /// The steps at which the priority of the task that would run falls.
    falls: Vec<u64>,
    /// Lower than all drawn priorities; each fall takes the next lower one.
    low: u64,
}

const HIGH: u64 = 1 << 63;

/// The hash of a task, which hashes as its address. A search looks tasks up at every step.
#[derive(Debug, Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, part: usize) {
        self.0 = (self.0 ^ part as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        // The table takes the lowest bits, and an address has the most information in the middle.
        self.0.rotate_left(32)
    }
}

impl Pct {
    fn new(mut rng: Rng, depth: u32, length: u64) -> Self {
        let falls = (1..depth).map(|_| rng.next() % length.max(1)).collect();
        let callbacks = rng.next() | HIGH;
        // Room for a few tasks, so that a short program needs one allocation each.
        let known = HashMap::with_capacity_and_hasher(14, BuildHasherDefault::default());
        let mut priorities = Vec::with_capacity(16);
        priorities.push(callbacks);
        Self { rng, known, priorities, falls, low: HIGH }
    }

    fn priority_of(&mut self, task: Option<AnyTask>) -> usize {
        let Some(task) = task else { return 0 };
        *self.known.entry(task).or_insert_with(|| {
            self.priorities.push(self.rng.next() | HIGH);
            self.priorities.len() - 1
        })
    }

    fn choose(&mut self, step: u64, eligible: usize, ready: &Choices<'_>) -> usize {
        let falls = self.falls.contains(&step);
        if eligible == 1 && !falls {
            return 0;
        }
        let (mut best, mut index) = (self.priority_of(ready.task(0)), 0);
        for other in 1..eligible {
            let priority = self.priority_of(ready.task(other));
            if self.priorities[priority] > self.priorities[best] {
                (best, index) = (priority, other);
            }
        }
        if falls {
            self.low -= 1;
            self.priorities[best] = self.low;
        }
        index
    }
}

/// Priorities of entries.
#[derive(Debug)]
pub(crate) struct Pos {
    rng: Rng,
    /// The priorities of the entries at the head of the queue that have been eligible.
    priorities: VecDeque<u64>,
    /// The last step, and how many entries were left behind it.
    last: Option<(Last, usize)>,
}

#[derive(Debug)]
enum Last {
    Callback,
    Task(AnyTask),
    /// The task has ended, so no entry is its.
    TaskThatIsDone,
}

impl Last {
    fn is_same(&self, task: Option<&AnyTask>) -> bool {
        match self {
            Self::Callback => task.is_none(),
            Self::Task(last) => task == Some(last),
            Self::TaskThatIsDone => false,
        }
    }
}

impl Pos {
    fn choose(&mut self, eligible: usize, ready: &Choices<'_>) -> usize {
        if let Some((last, left)) = self.last.take()
            && (left..ready.len()).any(|index| !last.is_same(ready.task(index).as_ref()))
        {
            self.priorities.clear();
        }
        while self.priorities.len() < eligible {
            self.priorities.push_back(self.rng.next());
        }
        let index = if eligible == 1 {
            self.priorities.pop_front();
            0
        } else {
            let best = (0..eligible).rev().max_by_key(|index| self.priorities[*index]).unwrap_or_default();
            self.priorities.remove(best);
            best
        };
        self.last = Some((ready.task(index).map_or(Last::Callback, Last::Task), ready.len() - 1));
        index
    }
}
