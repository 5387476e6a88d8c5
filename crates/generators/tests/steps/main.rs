//! In every state as CPython: the scenarios of `scenarios.py`, which wrote `expected.txt` on CPython 3.15.
//!
//! What `try` and `finally` are there is a `match` on the outcome of a `yield` here.

#[macro_use]
extern crate asyncio_testing;

mod asynchronous;
mod plain;

use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Display};

use asyncio_runtime::{Error, Result};

thread_local! {
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static LINES: RefCell<String> = const { RefCell::new(String::new()) };
    /// The iteration of the loop, if there is a loop.
    static TICK: Cell<Option<u32>> = const { Cell::new(None) };
}

fn note(what: impl Display) {
    let event = TICK.get().map_or_else(|| what.to_string(), |tick| format!("{tick} {what}"));
    EVENTS.with_borrow_mut(|events| events.push(event));
}

fn got(value: Option<i32>) {
    match value {
        Some(value) => note(format!("got {value}")),
        None => note("got None"),
    }
}

fn caught(error: &Error) {
    note(format!("caught {error:?}"));
}

/// The end of a scenario, which is named by its words.
fn line(words: &[&str]) {
    let events = EVENTS.take().join(", ");
    LINES.with_borrow_mut(|lines| *lines += &format!("{} -> {events}\n", words.join(" ")));
}

/// Every sequence of `N` of the operations, the last changing fastest.
fn sequences<const N: usize>(operations: &[&'static str]) -> Vec<[&'static str; N]> {
    let count = operations.len();
    let digits =
        |number: usize| std::array::from_fn(|place| operations[number / count.pow((N - 1 - place) as u32) % count]);
    (0..count.pow(N as u32)).map(digits).collect()
}

/// A result in the form of the log.
fn show<T: Debug>(result: Result<T>, ok: impl FnOnce(T) -> String) -> String {
    result.map_or_else(|error| format!("{error:?}"), ok)
}

fn matches_cpython(part: &str, begins: impl Fn(&str) -> bool, scenarios: fn()) {
    scenarios();
    let lines = LINES.take();
    let expected = include_str!("expected.txt").lines().filter(|line| begins(line));
    let (mut count, mut ours) = (0, lines.lines());
    for line in expected {
        assert_eq!(ours.next(), Some(line), "{part}, scenario {count}");
        count += 1;
    }
    assert_eq!(ours.next(), None, "{part} has {count} scenarios");
}

fn is_plain(line: &str) -> bool {
    !["async_", "at once", "cancelled", "several"].iter().any(|begin| line.starts_with(begin))
}

#[test]
fn generators_in_every_state() {
    matches_cpython("plain", is_plain, plain::scenarios);
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_athrow_throw_concurrent_with_send,
// test_async_gen_asend_throw_concurrent_with_throw, test_async_gen_athrow_throw_concurrent_with_throw,
// AsyncGenAsyncioTest.test_async_gen_asyncio_anext_06, test_async_gen_asyncio_athrow_03,
// test_async_gen_asyncio_shutdown_exception_02
#[test]
fn asynchronous_generators_in_every_state() {
    matches_cpython("asynchronous", |line| !is_plain(line), asynchronous::scenarios);
}
