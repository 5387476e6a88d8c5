//! Finds the order that breaks a program, and replays it.
//!
//! First in, first out is one of the orders in which the ready tasks could run; a program is right when it is right in all of them.
//! [`explore`] runs it under many, on a loop of its own each time, and shrinks the first one that fails to the few deviations
//! that matter. The result is a [`Schedule`], one line that repeats the failure here and, for a program with a Python
//! twin, on CPython.
//!
//! [`check_cancellation`](check_cancellation()) asks another question, with one order: what does a coroutine leave behind that is
//! cancelled or dropped at one of its awaits?
//!
//! The crate is outside of the runtime and uses only its seam for scheduling policies. Time is the virtual clock, which stands
//! still while anything is ready, unless [`Explore::slow_steps`] makes it a part of the schedule. Real sockets, threads and processes are not part of a schedule; a program with connections runs on a
//! [`Network`] in memory, whose faults are.
//!
//! # Which orders
//!
//! Iterations stay what they are: timers that are due are queued when the entries of an iteration have run. Within the queue,
//! a task may be put off, but no entry runs before a callback that was queued earlier: eligible are the tasks at the head of the
//! queue, up to 64, and the first entry that is no task. These are the *fence orders*. An entry that was passed over 100 times runs
//! next. Entry 0 throughout is asyncio's own order.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `explore`, `search`, `run` | the options, the loop over schedules, one run |
//! | `strategy`, `delays`, `rng` | which entry is chosen |
//! | `tape`, `fence`, `token` | the policy, what is eligible, the schedule as a line |
//! | `choices`, `fault` | the tape's second part: what a network and time may do, and what they did |
//! | `network` | the network in memory, a folder with a table of its own |
//! | `shrink`, `story`, `report`, `numbers` | from a failure to its explanation |
//! | `cancellation` | a coroutine is cancelled and dropped at each of its awaits |
//! | `invariant`, `panics`, `hook` | what is asked after each step, silence, `ASYNCIO_SCHEDULE` |

#![forbid(unsafe_code)]

#[cfg(test)]
#[macro_use]
extern crate asyncio_testing;

mod cancellation;
#[cfg_attr(not(all(unix, feature = "net")), allow(dead_code))]
mod choices;
mod delays;
mod explore;
mod fault;
mod fence;
mod hook;
mod invariant;
#[cfg(all(unix, feature = "net"))]
mod network;
mod numbers;
mod panics;
mod report;
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
#[cfg(all(unix, feature = "net"))]
pub use network::{Machine, Network, NetworkGuard};
pub use report::{Exploration, Failure, Found, Outcome, Proof};
#[doc(hidden)]
pub use shrink::{Tried, shrink};
pub use strategy::Strategy;
pub use token::{Deviation, Schedule};
