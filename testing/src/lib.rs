//! The guard of every test in this workspace: no panic is overlooked, and no test waits for ever.
//!
//! A panic in a callback, in a job or in a destructor does not reach the test in which it happens: the runtime reports it and
//! goes on. So a hook records every panic, and a test that passes in spite of one fails. A panic is deliberate if its message
//! says `expected`, or if the test has announced it ([`expect_panics`]). A test that takes too long ends the process with its
//! name; otherwise a lost wake-up would block the whole run.
//!
//! The crate of a test says `#[macro_use] extern crate asyncio_testing;`, which makes its `#[test]` the one defined here. A test
//! of another harness calls [`begin`] itself.
//!
//! An example in the documentation has no `#[test]`. It imports `asyncio` from `asyncio-guarded`, whose hook calls
//! [`begin_example`]. Nothing runs at the end of an example, so a panic ends its process at once. Each example has a process of
//! its own, and rustdoc names the one that failed.
//!
//! This crate uses only the standard library, and does not depend on the tested code.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};
use std::{env, mem, process};

pub use asyncio_testing_macros::test;

/// How long a test may take, on the slowest machine and under a sanitizer.
const LIMIT: Duration = Duration::from_secs(15 * 60);

#[derive(Default)]
struct State {
    running: HashMap<ThreadId, Running>,
    /// Panics that were not announced, with the thread in which they happened.
    panics: Vec<(ThreadId, String)>,
    /// Parts of the messages of deliberate panics of the whole process.
    expected: Vec<&'static str>,
    example: Option<Example>,
}

struct Running {
    test: Cow<'static, str>,
    since: Instant,
    limit: Duration,
    /// Parts of the messages of deliberate panics.
    expected: Vec<&'static str>,
}

/// A process that is an example in the documentation.
#[derive(Clone, Copy)]
struct Example {
    main: ThreadId,
    /// Does a panic in the main thread end there, in the runtime, at this moment?
    is_caught: fn() -> bool,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

/// Reads or changes the state; never for long, and never while code of a test runs.
fn with_state<R>(f: impl FnOnce(&mut State) -> R) -> R {
    let mut state: MutexGuard<'_, _> = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    f(state.get_or_insert_default())
}

/// Marks the start of a test, which ends when the guard is dropped.
#[must_use]
pub fn begin(test: impl Into<Cow<'static, str>>) -> Guard {
    // ThreadSanitizer does not see the end of a wait for a lock (see `remote` of the runtime), so nothing is shared there.
    if !cfg!(tsan) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let print = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                let is_overlooked = note(panic);
                print(panic);
                if is_overlooked {
                    fail("a panic");
                }
            }));
            thread::Builder::new().name("time limits".to_owned()).spawn(watch).expect("a thread for the time limits");
        });
        let running = Running { test: test.into(), since: Instant::now(), limit: LIMIT, expected: Vec::new() };
        with_state(|state| state.running.insert(thread::current().id(), running));
    }
    Guard(())
}

/// Puts this process under the guard if it is an example in the documentation, and returns whether it is one. The function says
/// whether a panic in the calling thread would end in the runtime at this moment, instead of reaching the example.
pub fn begin_example(is_caught: fn() -> bool) -> bool {
    static IS_EXAMPLE: OnceLock<bool> = OnceLock::new();
    *IS_EXAMPLE.get_or_init(|| {
        // rustdoc builds examples in a folder with this name and removes it afterwards.
        let is_in = |path: PathBuf| path.iter().any(|part| part.to_string_lossy().starts_with("rustdoctest"));
        let is_example = env::current_exe().is_ok_and(is_in);
        if is_example {
            mem::forget(begin("this example"));
            with_state(|state| state.example = Some(Example { main: thread::current().id(), is_caught }));
        }
        is_example
    })
}

/// Ends the process with an error because of a report of the runtime, unless the report is deliberate.
pub fn fail_example(report: &str) {
    if !report.contains("expected") {
        fail("a report");
    }
}

fn fail(reason: &str) {
    let _ = writeln!(std::io::stderr(), "the example fails because of {reason} that did not reach it");
    // 101, as after a panic of `main`.
    process::exit(101);
}

/// Changes the time limit of the running test.
pub fn limit(limit: Duration) {
    with_state(|state| {
        if let Some(running) = state.running.get_mut(&thread::current().id()) {
            running.limit = limit;
        }
    });
}

/// Announces that the running test causes panics with this text in their messages, in any thread.
pub fn expect_panics(part: &'static str) {
    with_state(|state| {
        if let Some(running) = state.running.get_mut(&thread::current().id()) {
            running.expected.push(part);
        }
    });
}

/// Announces that tests of this process cause panics with this text in their messages, for a process that also runs tests
/// without the guard.
pub fn expect_panics_of_all_tests(part: &'static str) {
    with_state(|state| state.expected.push(part));
}

/// Notes a panic, unless it was announced, and returns whether an example would overlook it.
fn note(panic: &PanicHookInfo<'_>) -> bool {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("Box<dyn Any>");
    let thread = thread::current();
    let example = with_state(|state| {
        let of_tests = state.running.values().flat_map(|running| &running.expected);
        let announced = of_tests.chain(&state.expected).any(|part| message.contains(part));
        if !announced && !message.contains("expected") {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let text = format!("thread {:?} at {place}: {message}", thread.name().unwrap_or("without a name"));
            state.panics.push((thread.id(), text));
            return state.example;
        }
        None
    });
    example.is_some_and(|example| thread.id() != example.main || (example.is_caught)())
}

fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let late = with_state(|state| {
            let late = state.running.values().find(|running| running.since.elapsed() > running.limit);
            late.map(|running| (running.test.clone(), running.limit))
        });
        if let Some((test, limit)) = late {
            // Written directly to the descriptor, because output that the harness keeps is lost when the process ends.
            let _ = writeln!(std::io::stderr(), "\n{test} takes more than {} minutes", limit.as_secs_f64() / 60.0);
            process::abort();
        }
    }
}

/// A running test. When dropped at the test's end, it fails the test if there was a panic that was not announced.
#[derive(Debug)]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        let own = thread::current().id();
        let panics: Vec<String> = with_state(|state| {
            // Panics of this thread, and of threads in which no test runs, because a pool's thread does not know its test.
            let is_here = |thread: &ThreadId| *thread == own || !state.running.contains_key(thread);
            let (here, others) = state.panics.drain(..).partition(|(thread, _)| is_here(thread));
            state.panics = others;
            state.running.remove(&own);
            let here: Vec<(ThreadId, String)> = here;
            here.into_iter().map(|(_, text)| text).collect()
        });
        if !panics.is_empty() && !thread::panicking() {
            // This bypasses the hook, which would record the panic.
            let text = format!("the test ended well, but for a panic:\n{}", panics.join("\n"));
            eprintln!("{text}");
            panic::resume_unwind(Box::new(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{panic, thread};

    use super::{begin, expect_panics};

    fn panics(test: fn()) -> bool {
        panic::catch_unwind(test).is_err()
    }

    #[core::prelude::v1::test]
    fn a_panic_that_was_caught_fails_the_test_unless_it_was_announced() {
        let caught = |message: &'static str| drop(panic::catch_unwind(|| panic!("{message}")));
        assert!(panics(|| {
            let _guard = begin("overlooks one");
            drop(panic::catch_unwind(|| panic!("boom")));
        }));
        assert!(panics(|| {
            let _guard = begin("overlooks one in another thread");
            drop(thread::spawn(|| panic!("boom")).join());
        }));
        {
            let _guard = begin("announces");
            expect_panics("boo");
            caught("boom");
            caught("as expected");
        }
        let _guard = begin("has none");
    }
}
