//! CPython's own tests of tasks, futures, timeouts, groups, runners, threads, contexts and the loop, in our words.
//!
//! `// CPython: module.Class.method` above a test names what it ports; `tests/cpython/README.md` lists all of CPython's
//! methods with the test, or the reason why there is none. Every expectation comes from CPython 3.15.

#[macro_use]
extern crate asyncio_testing;

mod support;

mod base_events;
mod base_events_reports;
mod contextvars;
mod eager;
mod events;
mod free_threading;
mod futures;
mod futures_callbacks;
mod handles;
mod readers_and_writers;
mod runners;
mod sockets;
mod taskgroups;
mod taskgroups_cancel;
mod taskgroups_more;
mod tasks_as_completed;
mod tasks_basics;
mod tasks_cancel;
mod tasks_context;
mod tasks_gather;
mod tasks_repr;
mod tasks_shield;
mod tasks_threadsafe;
mod tasks_wait;
mod threads;
mod timeouts;
mod timeouts_errors;
mod waitfor;
