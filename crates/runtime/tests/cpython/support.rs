//! What the ports share: a loop in virtual time, the "run briefly" of CPython's test utilities, and a log.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::Future;
use std::process::Command;
use std::rc::Rc;

use asyncio_runtime::{Clock, Error, EventLoop, Result, Runner};

/// A loop in virtual time; time begins at 0, because each test has a thread of its own.
pub(crate) fn new_loop() -> EventLoop {
    EventLoop::with_clock(Clock::Virtual)
}

/// Runs `main` in a loop of its own, and then closes the loop as `asyncio.run` does.
pub(crate) fn virtually<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// Lets a loop run what is ready now.
pub(crate) fn run_briefly(event_loop: &EventLoop) {
    event_loop.run_until_complete(async { Ok(()) }).unwrap();
}

/// An exception as Python's `repr`.
#[track_caller]
pub(crate) fn raised<T>(result: Result<T, impl Into<Error>>) -> String {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => format!("{:?}", error.into()),
    }
}

/// What happened, in order.
#[derive(Debug)]
pub(crate) struct Log<T>(Rc<RefCell<Vec<T>>>);

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Log<T> {
    pub(crate) fn add(&self, event: T) {
        self.0.borrow_mut().push(event);
    }

    /// The entries since the last call.
    pub(crate) fn take(&self) -> Vec<T> {
        self.0.take()
    }
}

/// Collects what a loop reports, instead of standard error.
pub(crate) fn reports(event_loop: &EventLoop) -> Log<String> {
    let log = Log::default();
    let sink = log.clone();
    event_loop.set_exception_handler(Some(Box::new(move |context| sink.add(context.to_string()))));
    log
}

/// What a program writes to standard error. It runs in a separate process: the test with this name, started again with this
/// environment. There this returns `None`, and the test must return.
pub(crate) fn stderr_of(test: &str, environment: &[(&str, &str)], program: impl FnOnce()) -> Option<String> {
    if std::env::var_os("IN_CHILD").is_some() {
        program();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env_remove("ASYNCIO_DEBUG").envs(environment.iter().copied());
    let child = child.env("IN_CHILD", "1").output().unwrap();
    let stdout = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && stdout.contains(" 1 passed;"), "{test:?} is not this test, or failed: {child:?}");
    Some(String::from_utf8(child.stderr).unwrap())
}

#[track_caller]
pub(crate) fn assert_time(event_loop: &EventLoop, expected: f64) {
    let now = event_loop.time();
    assert!((now - expected).abs() < 1e-9, "it is {now}, not {expected}");
}
