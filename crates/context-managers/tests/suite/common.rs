//! What the tests of this crate share: a loop under virtual time, a log, and a manager that writes into it.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio_context_managers::AsyncContextManager;
use asyncio_runtime::{Clock, Error, Result, Runner, sleep};

/// Runs a program under virtual time.
pub(crate) fn virtually<T: 'static>(main: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// A log of what happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl ToString) {
        self.0.borrow_mut().push(line.to_string());
    }

    /// Like `add`, but as the end of a coroutine.
    pub(crate) fn note(&self, line: impl ToString) -> Result<()> {
        self.add(line);
        Ok(())
    }

    /// The lines so far; the log is empty afterwards.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Waits when it is entered and when it is left, notes the error that its exit gets, and suppresses it if asked to.
pub(crate) struct Noting {
    pub(crate) log: Log,
    pub(crate) suppresses: bool,
}

impl Noting {
    pub(crate) fn new(log: &Log) -> Self {
        Self { log: log.clone(), suppresses: false }
    }
}

impl AsyncContextManager for Noting {
    type Value = i32;

    async fn enter(&mut self) -> Result<i32> {
        self.log.add("entering");
        sleep(1).await?;
        Ok(42)
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        self.log.add(format!("exiting: {error:?}"));
        sleep(1).await?;
        self.log.add("exited");
        Ok(self.suppresses)
    }
}
