//! What a loop knows of asynchronous generators: those that are open, so that it can close them at its end
//! (`loop._asyncgens`).
//!
//! The generators themselves are a crate of their own. The loop holds them weakly: one that nobody else holds is over.

use std::cell::{Cell, RefCell};
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use crate::asyncio::events::EventLoop;
use crate::asyncio::tasks::{create_task, gather};
use crate::base::ordered::Ordered;
use crate::error::report::ExceptionContext;
use crate::error::{Error, Result};
use crate::kernel::take_cancel;

/// An asynchronous generator as the loop in which it first ran sees it; see [`EventLoop::register_asyncgen`].
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use std::pin::Pin;
/// use std::rc::{Rc, Weak};
///
/// use asyncio::{Error, OpenAsyncGen, Result, get_running_loop, run};
///
/// struct Cursor(Cell<bool>);
///
/// impl OpenAsyncGen for Cursor {
///     fn aclose(self: Rc<Self>, _by: Option<Error>) -> Pin<Box<dyn Future<Output = Result<()>>>> {
///         Box::pin(async move { Ok(self.0.set(false)) })
///     }
///
///     fn repr(&self) -> String {
///         "<cursor>".to_owned()
///     }
/// }
///
/// let open = Rc::new(Cursor(Cell::new(true)));
/// let cursor = Rc::downgrade(&open) as Weak<dyn OpenAsyncGen>;
/// run(async { Ok(get_running_loop()?.register_asyncgen(cursor)) }).unwrap();
/// assert!(!open.0.get()); // `run` has closed it
/// ```
pub trait OpenAsyncGen {
    /// Closes it: `agen.aclose()`. With an error, that is raised where it stands, in place of `GeneratorExit`.
    fn aclose(self: Rc<Self>, by: Option<Error>) -> Pin<Box<dyn StdFuture<Output = Result<()>>>>;

    /// How it prints.
    fn repr(&self) -> String;
}

#[derive(Default)]
pub(crate) struct AsyncGens {
    open: RefCell<Ordered<Weak<dyn OpenAsyncGen>>>,
    /// What closes them; known once there has been one, so that a program without any does not contain it.
    close: Cell<Option<Close>>,
}

type Close = fn(&EventLoop) -> Pin<Box<dyn StdFuture<Output = Result<()>>>>;

impl AsyncGens {
    pub(crate) fn add(&self, generator: Weak<dyn OpenAsyncGen>) -> u64 {
        self.close.set(Some(|event_loop| {
            let event_loop = event_loop.clone();
            Box::pin(async move { close(&event_loop).await })
        }));
        self.open.borrow_mut().push(generator)
    }

    pub(crate) fn remove(&self, key: u64) {
        self.open.borrow_mut().remove(key);
    }

    /// Closes one of them, in a task that begins in the iteration after the next, as CPython's does.
    pub(crate) fn finalize(event_loop: &EventLoop, generator: Rc<dyn OpenAsyncGen>) -> Result<()> {
        event_loop.call_soon(move || {
            let task = create_task(async move { generator.aclose(take_cancel().map(Error::from)).await });
            // Cancelled before its first step, it is not over: the generator is told, and cleans up.
            task.as_task().core().start();
        })?;
        Ok(())
    }

    /// Closes all of them, if there were any.
    pub(crate) async fn close(&self, event_loop: &EventLoop) -> Result<()> {
        match self.close.get() {
            Some(close) => close(event_loop).await,
            None => Ok(()),
        }
    }
}

/// Closes all of them, at the same time, each in a task of its own; begun in the order in which they first ran.
async fn close(event_loop: &EventLoop) -> Result<()> {
    let open = &event_loop.core().asyncgens.open;
    let closing: Vec<_> = open.borrow_mut().drain().filter_map(|generator| generator.upgrade()).collect();
    if closing.is_empty() {
        return Ok(());
    }
    let outcomes =
        gather(closing.iter().map(|generator| Rc::clone(generator).aclose(None))).return_exceptions().await?;
    for (outcome, generator) in outcomes.into_iter().zip(closing) {
        // A cancellation is not an `Exception` in Python, and not reported.
        if let Some(error) = outcome.err().filter(|error| !error.is_cancelled()) {
            let repr = generator.repr();
            let message = format!("an error occurred during closing of asynchronous generator {repr}");
            event_loop
                .call_exception_handler(&ExceptionContext::new(message).object("asyncgen", repr).exception(error));
        }
    }
    Ok(())
}
