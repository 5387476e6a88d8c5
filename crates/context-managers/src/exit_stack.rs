//! `AsyncExitStack`: managers and callbacks that are collected at run time and left in reverse order.
//!
//! The core idea is CPython's: leaving the stack behaves like leaving nested blocks, in a loop.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;

use asyncio_runtime::{Error, Result, cancel_boundary};

use crate::manager::AsyncContextManager;
use crate::panics::{BlockPanicked, caught};

/// A stack of exits: `contextlib.AsyncExitStack`.
///
/// It is a manager whose block gets a handle on the stack; a clone is a handle on the same stack. Declare what the
/// exits borrow before the stack.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncExitStack, async_with, nullcontext, run, sleep};
///
/// run(async {
///     async_with(AsyncExitStack::new(), async |stack| {
///         for host in ["alpha", "beta"] {
///             let host = stack.enter_async_context(nullcontext(host)).await?;
///             stack.push_async_callback(async move || {
///                 sleep(0.001).await?;
///                 println!("bye {host}"); // first beta, then alpha
///                 Ok(())
///             });
///         }
///         Ok(())
///     })
///     .await?;
///     Ok(())
/// })
/// .unwrap();
/// ```
///
/// # Errors
///
/// Each exit is given the current error and may suppress it. If an exit fails, its error replaces the current one,
/// which becomes its [`context`](Error::context). All exits run in any case, also after a panic.
///
/// # Cancellation
///
/// If the task is cancelled while an exit waits, that exit raises the cancellation, and the remaining exits run with it.
/// If the stack is dropped, its exits are dropped without running, as in Python.
#[derive(Clone, Default)]
pub struct AsyncExitStack<'a> {
    exits: Rc<RefCell<Vec<Pushed<'a>>>>,
}

/// An exit, and where it was pushed.
struct Pushed<'a> {
    exit: Box<dyn Exit + 'a>,
    at: &'static Location<'static>,
}

/// The exit of a manager, as an object.
trait Exit {
    fn exit<'s>(&'s mut self, error: Option<&'s Error>) -> Pin<Box<dyn Future<Output = Result<bool>> + 's>>;
}

/// The exit of a manager that was entered or pushed.
struct OfManager<M>(M);

impl<M: AsyncContextManager> Exit for OfManager<M> {
    fn exit<'s>(&'s mut self, error: Option<&'s Error>) -> Pin<Box<dyn Future<Output = Result<bool>> + 's>> {
        Box::pin(self.0.exit(error))
    }
}

/// A coroutine function that was pushed; taken when it is called.
struct OfFunction<F>(Option<F>);

impl<F: AsyncFnOnce(Option<&Error>) -> Result<bool>> Exit for OfFunction<F> {
    fn exit<'s>(&'s mut self, error: Option<&'s Error>) -> Pin<Box<dyn Future<Output = Result<bool>> + 's>> {
        let function = self.0.take();
        Box::pin(async move {
            match function {
                Some(function) => function(error).await,
                None => Ok(false),
            }
        })
    }
}

impl<'a> AsyncExitStack<'a> {
    /// Creates an empty stack.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a manager, pushes its exit, and returns what its block would get.
    ///
    /// # Errors
    ///
    /// Those of entering the manager; the stack is then unchanged.
    ///
    /// # Cancellation
    ///
    /// A cancellation while the manager is entered comes out of the await there. The stack is then unchanged.
    #[track_caller]
    pub fn enter_async_context<M: AsyncContextManager + 'a>(
        &self,
        mut manager: M,
    ) -> impl Future<Output = Result<M::Value>> {
        let at = Location::caller();
        async move {
            let value = manager.enter().await?;
            self.add(OfManager(manager), at);
            Ok(value)
        }
    }

    /// Pushes the exit of a manager without entering it: Python's `push_async_exit(manager)`.
    #[doc(alias = "push_async_exit")]
    #[track_caller]
    pub fn push_manager(&self, manager: impl AsyncContextManager + 'a) {
        self.add(OfManager(manager), Location::caller());
    }

    /// Pushes a coroutine function that is called like a manager's exit: Python's `push_async_exit(function)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::{AsyncExitStack, Error, Exception, async_with, run, sleep};
    ///
    /// run(async {
    ///     let stack = AsyncExitStack::new();
    ///     stack.push_async_exit(async |error: Option<&Error>| {
    ///         sleep(0.001).await?;
    ///         Ok(error.is_some_and(Error::is::<Exception>)) // suppresses it
    ///     });
    ///     let outcome = async_with(stack, async |_| Err::<(), _>(Exception::new("expected").into()));
    ///     assert_eq!(outcome.await?, None);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn push_async_exit(&self, exit: impl AsyncFnOnce(Option<&Error>) -> Result<bool> + 'a) {
        self.add(OfFunction(Some(exit)), Location::caller());
    }

    /// Pushes a function that is called like a manager's exit: Python's `push`.
    #[track_caller]
    pub fn push(&self, exit: impl FnOnce(Option<&Error>) -> Result<bool> + 'a) {
        self.push_async_exit(async move |error: Option<&Error>| exit(error));
    }

    /// Pushes a coroutine function that is called without the error. It can fail, but not suppress. Instead of passing
    /// arguments, capture them.
    #[track_caller]
    pub fn push_async_callback(&self, callback: impl AsyncFnOnce() -> Result<()> + 'a) {
        self.push_async_exit(async move |_: Option<&Error>| callback().await.map(|()| false));
    }

    /// Pushes a function that is called without the error. It can fail, but not suppress.
    ///
    /// To keep a value until the stack is left, push a callback that captures the value and drops it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    ///
    /// use asyncio::{AsyncExitStack, run};
    ///
    /// run(async {
    ///     let calls = RefCell::new(Vec::new());
    ///     let stack = AsyncExitStack::new();
    ///     for name in ["first", "second"] {
    ///         let calls = &calls;
    ///         stack.callback(move || Ok(calls.borrow_mut().push(name)));
    ///     }
    ///     stack.aclose().await?;
    ///     assert_eq!(*calls.borrow(), ["second", "first"]);
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[track_caller]
    pub fn callback(&self, callback: impl FnOnce() -> Result<()> + 'a) {
        self.push_async_exit(async move |_: Option<&Error>| callback().map(|()| false));
    }

    /// Moves all exits to a new stack, so that leaving this one runs nothing. Use it to set up several things of which
    /// none must stay if one fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// use asyncio::{AsyncExitStack, async_with, run};
    ///
    /// run(async {
    ///     let open = Cell::new(true);
    ///     let set_up = async_with(AsyncExitStack::new(), async |stack| {
    ///         stack.callback(|| Ok(open.set(false)));
    ///         Ok(stack.pop_all()) // nothing failed: it stays open
    ///     });
    ///     let kept = set_up.await?.expect("nothing is suppressed");
    ///     assert!(open.get());
    ///     kept.aclose().await?;
    ///     assert!(!open.get());
    ///     Ok(())
    /// })
    /// .unwrap();
    /// ```
    #[must_use = "the exits are dropped with the stack, without having run"]
    pub fn pop_all(&self) -> Self {
        Self { exits: Rc::new(RefCell::new(self.exits.take())) }
    }

    /// Runs all exits now, as at the end of a block without an error.
    ///
    /// # Errors
    ///
    /// The last error of an exit, if no later exit suppressed it.
    ///
    /// # Cancellation
    ///
    /// If the task is cancelled while an exit waits, that exit raises the cancellation, and the remaining exits run with
    /// it. If the future is dropped instead, the remaining exits stay in the stack.
    pub async fn aclose(&self) -> Result<()> {
        self.unwind(None).await.map(drop)
    }

    fn add(&self, exit: impl Exit + 'a, at: &'static Location<'static>) {
        self.exits.borrow_mut().push(Pushed { exit: Box::new(exit), at });
    }

    /// The borrow ends before the exit runs, since the exit may push further ones.
    fn pop(&self) -> Option<Pushed<'a>> {
        self.exits.borrow_mut().pop()
    }

    async fn unwind(&self, received: Option<&Error>) -> Result<bool> {
        let mut current = received.cloned();
        let (mut suppressed, mut raised, mut panic) = (false, false, None);
        while let Some(Pushed { mut exit, at }) = self.pop() {
            match caught(cancel_boundary(async { exit.exit(current.as_ref()).await }).at(at)).await {
                Err(payload) => {
                    let error = Error::from(BlockPanicked::new(&payload));
                    current = Some(chain(error, current));
                    panic = Some(payload);
                }
                // A panic is neither suppressed nor replaced.
                Ok(_) if panic.is_some() => {}
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => (suppressed, raised, current) = (true, false, None),
                Ok(Err(error)) => (raised, current) = (true, Some(chain(error, current))),
            }
        }
        match (panic, current) {
            (Some(payload), _) => resume_unwind(payload),
            // An error that an exit suppressed is not the context of a later one, even if the block failed with it.
            (None, Some(error)) if raised => Err(error.with_final_context()),
            _ => Ok(received.is_some() && suppressed),
        }
    }
}

fn chain(error: Error, context: Option<Error>) -> Error {
    match context {
        Some(context) => error.during(context),
        None => error,
    }
}

impl<'a> AsyncContextManager for AsyncExitStack<'a> {
    type Value = AsyncExitStack<'a>;

    async fn enter(&mut self) -> Result<Self> {
        Ok(self.clone())
    }

    async fn exit(&mut self, error: Option<&Error>) -> Result<bool> {
        self.unwind(error).await
    }
}

impl fmt::Debug for AsyncExitStack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<AsyncExitStack exits={}>", self.exits.borrow().len())
    }
}
