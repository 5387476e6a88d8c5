//! Finds the order that breaks a program, and replays it.
//!
//! First in, first out is only one of the orders in which the ready tasks could run, and a correct program is correct in all of
//! them. [`explore`] runs a program in many orders, each on a loop of its own, and shrinks the first one that fails to the few
//! deviations that matter. The result is a [`Schedule`], one line that repeats the failure here and, for a program with a Python
//! twin, on CPython.
//!
//! [`check_cancellation`](check_cancellation()) answers a different question, with one order: what does a coroutine leave behind
//! when it is cancelled or dropped at one of its awaits?
//!
//! The crate is outside of the runtime and uses only its interface for scheduling policies. Time is the virtual clock, which
//! stands still while anything is ready, unless [`Explore::slow_steps`] makes it a part of the schedule. A program with connections
//! runs on a [`Network`] in memory, whose faults are part of it.
//!
//! # Threads, signals and children
//!
//! Jobs of thread pools (`to_thread`, `run_in_executor`) are part of the schedule: they run one at a time, in their threads,
//! and the loop does nothing meanwhile. The schedule says when a job continues after it was submitted, after each call that it
//! makes to the loop, and after each wait for a `ConcurrentFuture` (and so for `run_coroutine_threadsafe` and `time::sleep`).
//! What it does in between is one step. How many jobs are in progress at once depends on the size of the pool, which for the
//! default pool depends on the machine.
//!
//! Events that the loop finds at its descriptors (signals, the ends of children, bytes of sockets) take effect then, or after
//! the next timer. The events are real: a signal that a program sends itself is found at once, and the end of a child when it
//! has ended. The system delivers a signal to the process, and all its loops with a handler get it. So a program with signals is
//! explored by one thread: [`Explore::threads`]`(1)`, or `threads = 1` in `#[asyncio::test]`.
//!
//! Not part of the schedule are threads that the program starts itself, what children do and when, and other waits of jobs,
//! such as for a channel: if a job keeps its turn for three seconds of real time, a warning reports that, and the job continues
//! without the schedule. [`Strategy::Delays`] leaves all of this out: it proves something about orders only.
//!
//! # Which orders
//!
//! Iterations do not change: due timers are queued when the entries of an iteration have run. Within the queue, a task may be put
//! off, but no entry runs before a callback that was queued earlier. So the eligible entries are the tasks at the head of the
//! queue, up to 64, and the first entry that is not a task. These are the *fence orders*. An entry that has been passed over 100
//! times runs next. Always choosing entry 0 is asyncio's own order.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `explore`, `search`, `run` | the options, the loop over schedules, one run |
//! | `strategy`, `delays`, `rng` | which entry is chosen |
//! | `tape`, `fence`, `token` | the policy, what is eligible, the schedule as a line |
//! | `choices`, `fault` | the tape's second part: possible faults of a network and of time, and those that happened |
//! | `jobs`, `reports` | when jobs of thread pools run, and when the loop gets reports from its descriptors |
//! | `network` | the network in memory, a folder with a table of its own |
//! | `shrink`, `story`, `report`, `numbers` | from a failure to its explanation |
//! | `cancellation` | cancelling and dropping a coroutine at each of its awaits |
//! | `invariant`, `panics`, `hook` | checks after each step, silenced panics, `ASYNCIO_SCHEDULE` |
//! | `progress` | the line on a terminal while a search runs |

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod cancellation;
#[cfg_attr(not(feature = "net"), allow(dead_code))]
mod choices;
mod delays;
mod explore;
mod fault;
mod fence;
mod hook;
mod invariant;
mod jobs;
#[cfg(feature = "net")]
mod network;
mod numbers;
mod panics;
#[cfg_attr(not(unix), path = "no_progress.rs")]
mod progress;
mod report;
#[cfg(unix)]
mod reports;
mod rng;
mod run;
mod search;
mod shrink;
mod story;
mod strategy;
mod tape;
mod token;

pub use cancellation::{
    CancellationFailure, CancellationReport, CheckCancellation, Interruption, afterwards, check_cancellation,
};
pub use choices::{Mishap, choose};
pub use explore::{Explore, explore};
pub use fault::Fault;
pub use invariant::invariant;
#[cfg(feature = "net")]
pub use network::{Machine, Network, NetworkGuard};
pub use report::{Exploration, Failure, Found, Outcome, Proof};
#[doc(hidden)]
pub use shrink::{Tried, shrink, shrink_mishaps};
pub use strategy::Strategy;
pub use token::{Deviation, Schedule};
