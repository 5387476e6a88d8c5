//! The simulated network: what it does, and whether it does what sockets do.

#[macro_use]
extern crate asyncio_testing;

mod faults;
mod likeness;
mod machines;
mod perfect;
