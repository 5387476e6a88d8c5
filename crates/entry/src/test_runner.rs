//! `TestRunner` runs a test on a loop of its own, and fails it for more reasons than a panic.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write as _};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use asyncio_clock::Clock;
use asyncio_errors::{Error, ExceptionContext, Result, log};
use asyncio_runtime::{AnyTask, EventLoop, Runner, WaitsOn};

/// Runs a test on a loop of its own, with a virtual clock: what `#[asyncio::test]` calls.
///
/// The test fails if its coroutine panics or raises, if no task can go on, and if something reaches the loop's exception
/// handler: an exception that no task retrieved, a panic in a callback. With [`deny_leaks`](Self::deny_leaks) it fails if a
/// task is left as well. Failing is a panic whose message says why.
///
/// Use it where an attribute does not fit: in a test with parameters, or in one that a property-based testing tool calls.
///
/// # Examples
///
/// ```
/// use asyncio::{gather, sleep_result, testing::TestRunner};
///
/// for delays in [[0.5, 3600.0], [3600.0, 0.5]] {
///     let results = TestRunner::new().run(async move {
///         let work = delays.iter().enumerate().map(|(number, delay)| sleep_result(*delay, number));
///         gather(work.collect::<Vec<_>>()).await
///     });
///     assert_eq!(results, [0, 1]);
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `run`"]
pub struct TestRunner {
    clock: Clock,
    debug: Option<bool>,
    deny_leaks: bool,
}

impl Default for TestRunner {
    fn default() -> Self {
        Self { clock: Clock::Virtual, debug: None, deny_leaks: false }
    }
}

impl TestRunner {
    /// Creates a runner with the virtual clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock. On the real one, a deadlock is reported on standard error, and the test waits.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets debug mode, whatever `ASYNCIO_DEBUG` says.
    pub fn debug(mut self, debug: bool) -> Self {
        self.debug = Some(debug);
        self
    }

    /// Fails the test if a task is left when the test's coroutine has returned. Without this, such tasks are cancelled, as at the
    /// end of a program.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{create_task, sleep, testing::TestRunner};
    ///
    /// let leaks = || async {
    ///     create_task(sleep(60)).named("janitor");
    ///     sleep(1).await
    /// };
    /// TestRunner::new().run(leaks());
    ///
    /// let failed = std::panic::catch_unwind(|| TestRunner::new().deny_leaks().run(leaks())).unwrap_err();
    /// let message = failed.downcast_ref::<String>().unwrap();
    /// assert!(message.starts_with("the test has left a task:\n  janitor waits for a timer at "));
    /// ```
    pub fn deny_leaks(mut self) -> Self {
        self.deny_leaks = true;
        self
    }

    /// Runs the test, and returns what its coroutine returns.
    ///
    /// # Panics
    ///
    /// If the test fails.
    #[track_caller]
    pub fn run<T: 'static>(self, test: impl Future<Output = Result<T>> + 'static) -> T {
        let runner = Runner::new().clock(self.clock);
        let runner = match self.debug {
            Some(debug) => runner.debug(debug),
            None => runner,
        };
        let event_loop = runner.get_loop().unwrap_or_else(|error| panic!("the test has no loop: {error:?}"));
        let reports: Rc<RefCell<Vec<String>>> = Rc::default();
        event_loop.set_exception_handler(Some(collect(&reports)));
        let ended = catch_unwind(AssertUnwindSafe(|| runner.run(test)));
        let left = if self.deny_leaks && matches!(ended, Ok(Ok(_))) { tasks_left(&event_loop) } else { Vec::new() };
        // Closing cancels what is left, and what the tasks then raise is reported, too.
        runner.close();
        drop((runner, event_loop));
        // A panic takes precedence. The other reports are on standard error.
        let ended = ended.unwrap_or_else(|panic| resume_unwind(panic));
        let mut failure = String::new();
        let value = ended.map_err(|error| failure = format!("the test raised {error:?}")).ok();
        list(&mut failure, &left, "the test has left a task", "the test has left tasks");
        list(&mut failure, &reports.borrow(), "nothing handled this", "nothing handled these");
        match value {
            Some(value) if failure.is_empty() => value,
            _ => panic!("{failure}"),
        }
    }
}

/// Adds a list with a heading, if it has anything in it.
fn list(text: &mut String, lines: &[String], of_one: &str, of_several: &str) {
    if !lines.is_empty() {
        let heading = if lines.len() == 1 { of_one } else { of_several };
        let between = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{between}{heading}:");
        lines.iter().for_each(|line| _ = write!(text, "\n  {line}"));
    }
}

/// An exception handler that collects the reports, and also writes them, as the loop does without a handler.
fn collect(reports: &Rc<RefCell<Vec<String>>>) -> Box<dyn Fn(&ExceptionContext)> {
    let reports = Rc::clone(reports);
    Box::new(move |context| {
        log::warning(context);
        let error = context.exception.as_ref().map(|error| format!(": {error:?}")).unwrap_or_default();
        reports.borrow_mut().push(format!("{}{error}", context.message));
    })
}

/// The tasks that are left in a loop, each with what it waits for.
#[must_use]
pub fn tasks_left(event_loop: &EventLoop) -> Vec<String> {
    described(&event_loop.all_tasks())
}

/// Each of the tasks by its name, with what it waits for.
#[must_use]
pub fn described(tasks: &[AnyTask]) -> Vec<String> {
    let describe = |task: &AnyTask| {
        let waits = |wait: WaitsOn| format!(" waits for {} at {}:{}", wait.text(), wait.at.file, wait.at.line);
        format!("{}{}", task.get_name(), task.waits_on().map_or_else(String::new, waits))
    };
    tasks.iter().map(describe).collect()
}

/// What the coroutine of a test returns, for the loop.
///
/// # Errors
///
/// The error that it returns.
pub fn test_result(returned: impl TestOutcome) -> Result<()> {
    returned.into_result()
}

/// What the coroutine of a test may return: `()`, or a `Result` of it with any error that has `Debug`.
#[diagnostic::on_unimplemented(
    message = "a test cannot return `{Self}`",
    note = "it returns `()`, or a `Result<(), E>` whose error has `Debug`"
)]
pub trait TestOutcome {
    /// Converts it into a result of asyncio's.
    ///
    /// # Errors
    ///
    /// The error that it is.
    fn into_result(self) -> Result<()>;
}

impl TestOutcome for () {
    fn into_result(self) -> Result<()> {
        Ok(self)
    }
}

impl<T: TestOutcome, E: Debug + 'static> TestOutcome for std::result::Result<T, E> {
    fn into_result(self) -> Result<()> {
        let error = match self {
            Ok(value) => return value.into_result(),
            Err(error) => error,
        };
        // An error of asyncio's own is kept as it is, so that a cancellation is recognized.
        let any: Box<dyn std::any::Any> = Box::new(error);
        Err(match any.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Foreign(format!("{:?}", other.downcast_ref::<E>().expect("it is one"))).into(),
        })
    }
}

/// An error of another type, in its `Debug` form, as the standard `#[test]` shows it.
struct Foreign(String);

impl Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Foreign {}
