//! `loop.shutdown_asyncgens`: closes open asynchronous generators, and runs the shutdown hooks.
//!
//! The generators themselves are in another crate. The loop holds them weakly, so a generator that is dropped is not closed.

use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use asyncio_errors::{Error, ExceptionContext, Result, RuntimeError};

use crate::asyncio::events::EventLoop;
use crate::asyncio::tasks::{create_task, gather};
use crate::kernel::{Ending, LoopCore, Phase, Shutdown, Tenant, current, take_cancel};
use asyncio_ordered::Ordered;

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
#[doc(hidden)]
pub trait OpenAsyncGen {
    /// Closes the generator: `agen.aclose()`. If `by` is given, that error is raised at the `yield`, in place of
    /// `GeneratorExit`.
    fn aclose(self: Rc<Self>, by: Option<Error>) -> Pin<Box<dyn StdFuture<Output = Result<()>>>>;

    /// Called when the loop drops a generator that it has closed. A generator may have refused, because one of its steps was
    /// being awaited. If this was its last reference, it asks to be closed again.
    fn released(self: Rc<Self>) {}

    /// How it prints.
    fn repr(&self) -> String;
}

/// The generators and hooks of one loop.
#[derive(Default)]
pub(crate) struct AsyncGens {
    open: RefCell<Ordered<Weak<dyn OpenAsyncGen>>>,
    hooks: RefCell<Vec<Box<dyn FnOnce() -> Ending>>>,
}

impl Tenant for AsyncGens {
    fn phase(&self) -> Phase {
        Phase::Hooks
    }

    fn shut_down(self: Rc<Self>, event_loop: &Rc<LoopCore>, what: Shutdown) -> Option<Ending> {
        let Shutdown::AsyncGens = what else { return None };
        let event_loop = EventLoop::from_core(event_loop);
        Some(Box::pin(async move {
            self.close_generators(&event_loop).await?;
            self.run_hooks(&event_loop).await
        }))
    }

    fn close(self: Rc<Self>) {
        drop(self.hooks.take());
    }
}

impl AsyncGens {
    /// Closes all generators concurrently, each in a task of its own, started in the order in which the generators first ran.
    async fn close_generators(&self, event_loop: &EventLoop) -> Result<()> {
        let closing: Vec<_> = self.open.borrow_mut().drain().filter_map(|generator| generator.upgrade()).collect();
        if closing.is_empty() {
            return Ok(());
        }
        let outcomes = gather(closing.iter().map(|open| Rc::clone(open).aclose(None))).return_exceptions().await?;
        for (outcome, generator) in outcomes.into_iter().zip(&closing) {
            // A cancellation is not an `Exception` in Python, and not reported.
            if let Some(error) = outcome.err().filter(|error| !error.is_cancelled()) {
                let repr = generator.repr();
                let message = format!("an error occurred during closing of asynchronous generator {repr}");
                event_loop
                    .call_exception_handler(&ExceptionContext::new(message).object("asyncgen", repr).exception(error));
            }
        }
        // In CPython the tracebacks of these errors keep a generator that refused alive until the step has ended.
        current::in_no_step(|| closing.into_iter().for_each(|generator| generator.released()));
        Ok(())
    }

    /// Runs the hooks, the newest first, including those that are added meanwhile.
    async fn run_hooks(&self, event_loop: &EventLoop) -> Result<()> {
        loop {
            let hook = self.hooks.borrow_mut().pop();
            let Some(hook) = hook else { return Ok(()) };
            if let Err(error) = hook().await {
                let context = ExceptionContext::new("an error occurred in a shutdown hook");
                event_loop.call_exception_handler(&context.exception(error));
            }
        }
    }
}

/// Hooks for other crates: for generators, and for resources that a crate keeps open for a loop.
impl EventLoop {
    /// Makes the loop close an asynchronous generator in [`shutdown_asyncgens`](Self::shutdown_asyncgens), until
    /// [`forget_asyncgen`](Self::forget_asyncgen) is called with the key: Python's `firstiter` hook.
    #[doc(hidden)]
    pub fn register_asyncgen(&self, generator: Weak<dyn OpenAsyncGen>) -> u64 {
        self.core().tenants.of::<AsyncGens>().open.borrow_mut().push(generator)
    }

    /// Undoes [`register_asyncgen`](Self::register_asyncgen).
    #[doc(hidden)]
    pub fn forget_asyncgen(&self, key: u64) {
        self.core().tenants.find::<AsyncGens>().map(|generators| generators.open.borrow_mut().remove(key));
    }

    /// Closes a generator that was dropped, in a task of its own that starts in the iteration after the next, as in CPython:
    /// the `finalizer` hook.
    ///
    /// # Errors
    ///
    /// `RuntimeError: Event loop is closed`.
    #[doc(hidden)]
    pub fn finalize_asyncgen(&self, generator: Rc<dyn OpenAsyncGen>) -> Result<(), RuntimeError> {
        self.call_soon(move || {
            let task = create_task(async move {
                let closed = Rc::clone(&generator).aclose(take_cancel()).await;
                // A generator that refused to close lives as long as the failed task, whose error is reported first.
                current::with_task(|task| task.map(|task| task.core().keep(generator)));
                closed
            });
            // If it is cancelled before its first step, it still runs, so that the generator can clean up.
            task.as_task().core().start();
        })
        .map(drop)
    }

    /// Registers a coroutine for [`shutdown_asyncgens`](Self::shutdown_asyncgens), which [`run`](crate::run) calls at its
    /// end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// use asyncio::{get_running_loop, run, sleep};
    ///
    /// let saved = Rc::new(Cell::new(false));
    /// let save = Rc::clone(&saved);
    /// run(async {
    ///     get_running_loop()?.add_shutdown_hook(|| async move {
    ///         sleep(0.001).await?; // the loop still runs
    ///         save.set(true);
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// })
    /// .unwrap();
    /// assert!(saved.get());
    /// ```
    pub fn add_shutdown_hook<F: StdFuture<Output = Result<()>> + 'static>(&self, hook: impl FnOnce() -> F + 'static) {
        let hook = Box::new(|| Box::pin(hook()) as Ending);
        self.core().tenants.of::<AsyncGens>().hooks.borrow_mut().push(hook);
    }
}
