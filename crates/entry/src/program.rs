//! `#[asyncio::main]`: what the coroutine `main` returns becomes what the function `main` returns.

use std::any::Any;
use std::error::Error as StdError;
use std::future::Future;
use std::process::{ExitCode, Termination};

use asyncio_errors::{Error, RaisedError, Result};
use asyncio_runtime::{Runner, run};

/// How a program ended; `#[asyncio::main]` returns it from `main`.
#[derive(Debug)]
pub enum Ended<T> {
    /// The main coroutine returned this.
    Returned(T),
    /// The main coroutine was cancelled, Ctrl-C was pressed, or the loop could not go on.
    Raised(Error),
}

impl<T: Termination> Termination for Ended<T> {
    fn report(self) -> ExitCode {
        match self {
            Self::Returned(value) => value.report(),
            // As it would be if `main` returned `asyncio::run(…)`.
            Self::Raised(error) => Result::<(), Error>::Err(error).report(),
        }
    }
}

/// Runs the main coroutine: by [`run`], or by a runner that has options.
#[track_caller]
pub fn run_main<T: 'static>(runner: Option<Runner>, main: impl Future<Output = Result<T>> + 'static) -> Ended<T> {
    let result = match runner {
        None => run(main),
        Some(runner) => runner.run(main),
    };
    result.map_or_else(Ended::Raised, Ended::Returned)
}

/// Converts what the main coroutine returns into a result for the loop. The loop must recognize a cancellation even in a result
/// of another type, because it turns the one from a Ctrl-C into a `KeyboardInterrupt`.
///
/// # Errors
///
/// The `CancelledError` that `returned` is or contains.
pub fn main_result<T: MainResult>(returned: T) -> Result<T> {
    match returned.cancellation() {
        Some(cancelled) => Err(cancelled),
        None => Ok(returned),
    }
}

/// What a coroutine `main` may return.
#[diagnostic::on_unimplemented(
    message = "`main` has no result of type `{Self}`",
    note = "it returns `()`, an `ExitCode`, or a `Result` of one of them"
)]
pub trait MainResult: Termination + 'static {
    /// The cancellation, if it is one.
    fn cancellation(&self) -> Option<Error> {
        None
    }
}

impl MainResult for () {}

impl MainResult for ExitCode {}

impl<T: MainResult, E: std::fmt::Debug + 'static> MainResult for std::result::Result<T, E> {
    fn cancellation(&self) -> Option<Error> {
        let error: &dyn Any = self.as_ref().err()?;
        let inner = |error: &(dyn StdError + 'static)| error.downcast_ref().map(RaisedError::error).cloned();
        let error = if let Some(error) = error.downcast_ref::<Error>() {
            error.clone()
        } else if let Some(error) = error.downcast_ref::<Box<dyn StdError>>() {
            inner(&**error)?
        } else {
            inner(&**error.downcast_ref::<Box<dyn StdError + Send + Sync>>()?)?
        };
        error.is_cancelled().then_some(error)
    }
}
