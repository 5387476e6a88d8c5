//! Cancels and drops every public awaitable at each of its awaits, and compares what the section *Cancellation* of its
//! documentation says with what happens.
//!
//! A [`Row`] quotes the section *Cancellation* of an item, and has scenarios that test it. A section without a row fails,
//! and so do a row whose quotation is out of date and a public awaitable without a section. In each run descriptors, children and, in this thread, bytes are counted.

#[macro_use]
extern crate asyncio_testing;

mod blocks;
mod counted;
mod docs;
mod locks;
mod outside;
mod queues;
mod streams;
mod tasks;

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use asyncio::Result;
use asyncio::simulation::{CancellationReport, CheckCancellation, check_cancellation};

/// An item with a section *Cancellation*.
struct Row {
    /// The file below `crates`, without `src` and `.rs`, and the name of the item: `queues/queue put`.
    item: &'static str,
    says: &'static str,
    scenarios: Vec<Scenario>,
}

struct Scenario {
    name: &'static str,
    run: fn() -> CancellationReport,
    /// The beginnings of the failures that are as documented.
    expected: &'static [&'static str],
}

impl Row {
    fn new(item: &'static str, says: &'static str) -> Self {
        Self { item, says, scenarios: Vec::new() }
    }

    /// Nothing may be left behind.
    fn clean(self, name: &'static str, run: fn() -> CancellationReport) -> Self {
        self.leaves(name, run, &[])
    }

    /// This and nothing else is left behind, as documented.
    fn leaves(
        mut self,
        name: &'static str,
        run: fn() -> CancellationReport,
        expected: &'static [&'static str],
    ) -> Self {
        self.scenarios.push(Scenario { name, run, expected });
        self
    }
}

/// All that is counted.
fn counting<F, M, T>(scenario: F) -> CheckCancellation<F>
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    with_threads(scenario).unchanged("bytes", counted::bytes)
}

/// All but bytes, which one thread allocates and another one frees.
fn with_threads<F, M, T>(scenario: F) -> CheckCancellation<F>
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    check_cancellation(scenario).unchanged("descriptors", counted::descriptors).unchanged("children", counted::children)
}

fn probe<F, M, T>(scenario: F) -> CancellationReport
where
    F: Fn() -> M + 'static,
    M: Future<Output = Result<T>> + 'static,
    T: 'static,
{
    counting(scenario).run()
}

/// How the target ended.
#[derive(Clone, Default)]
struct Seen(Rc<Cell<Sight>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sight {
    /// Its future was dropped, or never began.
    #[default]
    Nothing,
    Returned,
    Cancelled,
}

impl Seen {
    /// Awaits, and notes how that ends.
    async fn note<T>(self, awaitable: impl Future<Output = Result<T>>) -> Result<()> {
        let result = awaitable.await;
        self.0.set(if result.is_ok() { Sight::Returned } else { Sight::Cancelled });
        result.map(drop)
    }

    fn get(&self) -> Sight {
        self.0.get()
    }
}

fn rows() -> Vec<Row> {
    [locks::rows(), queues::rows(), tasks::rows(), blocks::rows(), outside::rows(), streams::rows()]
        .into_iter()
        .flatten()
        .collect()
}

/// A single test, because descriptors and children belong to the process.
#[test]
fn what_the_documentation_says_of_a_cancellation_is_so() {
    let rows = rows();
    let mut problems = docs::compare(&rows);
    problems.extend(docs::awaitables_without_section());
    for Row { item, scenarios, .. } in &rows {
        for Scenario { name, run, expected } in scenarios {
            let report = run();
            let lines: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
            let is_expected = |line: &String| expected.iter().any(|expected| line.starts_with(expected));
            let all = expected.iter().all(|expected| lines.iter().any(|line| line.starts_with(expected)));
            if report.awaits == 0 || !all || !lines.iter().all(is_expected) {
                problems.push(format!("{item}, {name}: {report}\n  expected: {expected:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
