//! Runs a program under many orders of its steps, finds the one that breaks it, and replays it. Python has no counterpart.
//!
//! First in, first out is one of the orders in which the ready tasks could run; a program is right when it is right in all of them.
//! [`explore`] runs it under many, on a loop of its own each time, and shrinks the first one that fails to the few deviations
//! that matter. The result is a [`Schedule`], one line. `ASYNCIO_SCHEDULE` replays it: in a test that calls `explore`, in a
//! whole program, and in its Python twin on CPython.
//!
//! # A network in memory
//!
//! Programs with connections run on a [`Network`], without sockets: under the virtual clock in tests, and explored with faults
//! ([`Network::faults`]), which are part of the schedule.
//!
//! # Threads, signals and children
//!
//! Jobs of thread pools run one at a time, and the schedule says when each begins and continues. Events that the loop finds at
//! its descriptors, such as a signal or the end of a child, take effect then or after the next timer. Threads that a program
//! starts itself, and what children do, are not part of the schedule.
//!
//! # Which orders
//!
//! Iterations stay what they are: timers that are due are queued when the entries of an iteration have run. Within the queue, a
//! task may be put off, but no entry runs before a callback that was queued earlier: eligible are the tasks at the head of the
//! queue, up to 64, and the first entry that is not a task. These are the *fence orders*. An entry that was passed over 100
//! times runs next. Entry 0 throughout is asyncio's own order.
//!
//! # Cancellation
//!
//! [`check_cancellation`] asks another question, with one order: what does a coroutine leave behind if it is cancelled or
//! dropped at one of its awaits? It runs the coroutine again for each of them.

#[doc(inline)]
pub use asyncio_simulation::{
    CancellationFailure, CancellationReport, CheckCancellation, Deviation, Exploration, Explore, Failure, Fault, Found,
    Interruption, Mishap, Outcome, Proof, Schedule, Strategy, afterwards, check_cancellation, choose, explore,
    invariant,
};

// For `cargo xtask explore`, which runs whole programs.
#[doc(hidden)]
pub use asyncio_simulation::{Tried, shrink, shrink_mishaps};

#[cfg(feature = "net")]
#[doc(inline)]
pub use asyncio_simulation::{Machine, Network, NetworkGuard};
