//! The few things from Python's standard library that the guide's programs use
//! besides asyncio, and what several programs share.

pub mod arguments;
pub mod builtins;
pub mod compile_fail;
pub mod datetime;
pub mod os;
pub mod random;
pub mod repr;
pub mod text;
pub mod time;
