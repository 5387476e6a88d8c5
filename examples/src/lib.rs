//! The few things from Python's standard library that the guide's programs use
//! besides asyncio, and what several programs share.
//!
//! Nothing here needs a large crate: what does is in `guide_extra`, so that most
//! programs build without it.

pub mod builtins;
pub mod compile_fail;
pub mod os;
pub mod random;
pub mod repr;
