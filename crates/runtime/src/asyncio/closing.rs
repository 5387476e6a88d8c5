//! The end of a run: remaining tasks, asynchronous generators and threads are dealt with in turn; then the loop closes.
//!
//! Each part starts something, and has ended when a future is done. So the same list serves a runner, which runs the loop until
//! then, and a host, which drives it.

use std::task::Poll;

use asyncio_errors::{Error, ExceptionContext, Result, RuntimeError};

use crate::asyncio::events::EventLoop;
use crate::asyncio::futures::Future;
use crate::asyncio::guest::Guest;
use crate::asyncio::tasks::all_done;
use crate::kernel::AnyTask;

/// The clean-up and the closing of a loop that a host drives: [`Runner::host_closing`](crate::Runner::host_closing).
///
/// If it is dropped before its end, it does the rest at once, and may block the thread.
#[derive(Debug)]
pub struct Closing {
    event_loop: EventLoop,
    next: Part,
    /// The tasks that were cancelled, while they are waited for.
    tasks: Vec<AnyTask>,
    /// What a host runs now.
    current: Option<Guest<()>>,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Tasks,
    Generators,
    Threads,
    Nothing,
}

/// The seconds to wait for the threads of the default executor.
const THREAD_JOIN_TIMEOUT: f64 = 300.0;

impl Closing {
    pub(crate) fn new(event_loop: EventLoop) -> Self {
        Self { event_loop, next: Part::Tasks, tasks: Vec::new(), current: None }
    }

    /// Runs one iteration of the loop, which does not wait. `Ready` once the loop is closed.
    ///
    /// # Errors
    ///
    /// None: errors go to the loop's exception handler.
    pub fn run_once(&mut self) -> Poll<()> {
        loop {
            match &mut self.current {
                Some(guest) => match guest.run_once() {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(result) => {
                        self.current = None;
                        self.ended(result);
                    }
                },
                None => match self.begin_next() {
                    Some(begun) => match begun.map_err(Into::into).and_then(|target| self.event_loop.host(target)) {
                        Ok(guest) => self.current = Some(guest),
                        Err(error) => self.ended(Err(error)),
                    },
                    None => {
                        self.event_loop.core().close();
                        return Poll::Ready(());
                    }
                },
            }
        }
    }

    /// Runs the loop until it would have to wait. `Ready` once it is closed.
    pub fn run_ready(&mut self) -> Poll<()> {
        loop {
            if self.run_once().is_ready() {
                return Poll::Ready(());
            }
            if self.next_timeout() != Some(0.0) {
                return Poll::Pending;
            }
        }
    }

    /// The seconds that the host may wait before the next iteration: [`Guest::next_timeout`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<f64> {
        self.event_loop.core().next_timeout()
    }

    /// Does all remaining parts at once.
    pub(crate) fn finish(&mut self) {
        // The current part's future goes on by itself.
        self.current = None;
        while let Some(begun) = self.begin_next() {
            let result = begun.map_err(Into::into).and_then(|target| self.event_loop.run_until_complete(target));
            self.ended(result);
        }
        self.event_loop.core().close();
    }

    /// Starts the next part, and returns the future that completes at its end; `None` when there is no part left.
    fn begin_next(&mut self) -> Option<Result<Future<()>, RuntimeError>> {
        let what = match self.next {
            Part::Nothing => return None,
            Part::Tasks => {
                self.next = Part::Generators;
                self.tasks = self.event_loop.all_tasks();
                if !self.tasks.is_empty() {
                    self.tasks.iter().for_each(|task| _ = task.cancel());
                    return Some(Ok(all_done(self.event_loop.core(), &self.tasks)));
                }
                Part::Generators
            }
            what => what,
        };
        self.next = if let Part::Generators = what { Part::Threads } else { Part::Nothing };
        // As in asyncio, each is a task, and takes a task number.
        Some(self.event_loop.create_task(shutdown(self.event_loop.clone(), what)).map(|task| task.as_future().clone()))
    }

    /// Reports the error of a part, as `_cancel_all_tasks` does for tasks that fail.
    fn ended(&mut self, result: Result<()>) {
        let tasks = std::mem::take(&mut self.tasks);
        if let Err(error) = result {
            // Also reached under the virtual clock, if a task suppresses the cancellation and waits for something that cannot
            // happen.
            return self.event_loop.call_exception_handler(&unhandled(error));
        }
        for task in &tasks {
            if let (false, Ok(Some(error))) = (task.cancelled(), task.exception()) {
                let context = unhandled(error).object("task", format!("{task:?}"));
                task.core().in_context(|| self.event_loop.call_exception_handler(&context));
            }
        }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if !self.event_loop.is_closed() && !self.event_loop.is_running() {
            self.finish();
        }
    }
}

/// One coroutine for both, because every type of coroutine that becomes a task adds code to every program.
async fn shutdown(event_loop: EventLoop, what: Part) -> Result<()> {
    match what {
        Part::Threads => event_loop.shutdown_default_executor(Some(THREAD_JOIN_TIMEOUT)).await,
        _ => event_loop.shutdown_asyncgens().await,
    }
}

pub(crate) fn unhandled(error: Error) -> ExceptionContext {
    ExceptionContext::new("unhandled exception during asyncio.run() shutdown").exception(error)
}
