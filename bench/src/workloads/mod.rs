//! The workloads, written once against the peer's `crate::rt`. A program includes the whole module (`#[path]`), or only the
//! files that its runtime can support.

pub mod blocking;
pub mod cancel;
pub mod cancel_sleep;
pub mod locks;
pub mod net;
pub mod oneshot;
pub mod process;
pub mod queues;
pub mod scale;
pub mod tasks;
pub mod threads;
pub mod timers;

/// Everything.
pub const ALL: &[&[harness::Row]] = &[
    tasks::ROWS,
    cancel::ROWS,
    timers::ROWS,
    cancel_sleep::ROWS,
    queues::ROWS,
    locks::ROWS,
    oneshot::ROWS,
    net::ROWS,
    threads::ROWS,
    blocking::ROWS,
    process::ROWS,
    scale::ROWS,
];
