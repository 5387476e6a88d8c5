//! Lets `asyncio-ps` and `asyncio-pstree` look into a running program: what its tasks wait for, where, and since when.
//!
//! `ASYNCIO_INSPECT=1` in the environment turns this on for an unchanged program; a program can also call [`start`]. In Python,
//! since 3.14, `python -m asyncio ps PID` and `pstree PID` look into any process.

#[doc(inline)]
pub use asyncio_inspect::{
    Activity, ActivityKind, Finding, FindingKind, LocationSnapshot, LoopSnapshot, OfferSnapshot, Snapshot,
    TaskSnapshot, TaskState, WaitSnapshot, start,
};
