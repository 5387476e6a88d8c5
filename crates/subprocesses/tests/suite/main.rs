//! Children over the programs that every Unix has: how they start, what goes through their pipes, how they end.

#[macro_use]
extern crate asyncio_testing;

mod common;
mod end;
mod pipes;
mod start;
mod unclosed;
