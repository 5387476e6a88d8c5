//! Coroutines and the locations where they are suspended, for reports.

use std::fmt;
use std::panic::Location;

/// What is known about a task's coroutine; prints as `<coroutine object main at 0x…>`.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, create_task, run};
///
/// async fn fetch() -> Result<()> {
///     Ok(())
/// }
///
/// run(async {
///     let task = create_task(fetch());
///     let coro = task.get_coro();
///     assert_eq!(coro.name(), "fetch");
///     assert_eq!(coro.location().file(), file!());
///     assert_eq!(coro.suspended_at(), coro.location()); // it has not started
///     assert!(coro.to_string().starts_with("<coroutine object fetch at 0x"));
///     task.await
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct CoroutineRef {
    name: fn() -> &'static str,
    defined_at: &'static Location<'static>,
    at: &'static Location<'static>,
    address: usize,
}

impl CoroutineRef {
    /// The coroutine of a task that was created at `defined_at` and last suspended at `at`.
    #[doc(hidden)]
    #[must_use]
    pub fn new(
        name: fn() -> &'static str,
        defined_at: &'static Location<'static>,
        at: &'static Location<'static>,
        address: usize,
    ) -> Self {
        Self { name, defined_at, at, address }
    }

    /// The name of the coroutine function.
    #[must_use]
    pub fn name(&self) -> &'static str {
        (self.name)()
    }

    /// Where the task was created. (In Rust the place where a coroutine is defined is unknown.)
    #[must_use]
    pub fn location(&self) -> &'static Location<'static> {
        self.defined_at
    }

    /// Where the coroutine was last suspended, at the time of `get_coro`: `cr_frame.f_lineno`. Before its first step, where the
    /// task was created.
    #[must_use]
    pub fn suspended_at(&self) -> &'static Location<'static> {
        self.at
    }
}

impl fmt::Debug for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<coroutine object {} at {:#x}>", self.name(), self.address)
    }
}

impl fmt::Display for CoroutineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A place where a task is suspended; prints as a line of a traceback.
///
/// # Examples
///
/// ```
/// use asyncio::{Result, create_task, run, sleep};
///
/// async fn fetch() -> Result<()> {
///     sleep(3600).await
/// }
///
/// run(async {
///     let task = create_task(fetch()).named("fetcher");
///     sleep(0).await?;
///     let frame = task.get_stack()[0];
///     assert_eq!((frame.file, frame.function), (file!(), "fetch"));
///     assert!(frame.to_string().ends_with(", in fetch"));
///     assert!(task.format_stack().contains(&frame.to_string()));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The source file.
    pub file: &'static str,
    /// The line in it, from 1.
    pub line: u32,
    /// The name of the coroutine function.
    pub function: &'static str,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  File \"{}\", line {}, in {}", self.file, self.line, self.function)
    }
}
