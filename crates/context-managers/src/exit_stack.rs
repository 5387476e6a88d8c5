//! `AsyncExitStack`: managers and callbacks that are collected at run time, and left last in first out.
//!
//! The core idea is that of CPython's: leaving the stack behaves as leaving as many nested blocks would, in a loop.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;

use asyncio_runtime::{Error, Result};

use crate::manager::AsyncContextManager;
use crate::panics::{BlockPanicked, caught};

/// A stack of exits: `contextlib.AsyncExitStack`.
///
/// It is a manager whose block gets a handle on it; clones are handles on the same stack. What the exits borrow has
/// to be declared before the stack.
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
/// An exit sees the error that is on its way when its turn comes, and may suppress it. One that fails replaces it; the
/// replaced error becomes the [`context`](Error::context). All exits run in any case, also after a panic.
///
/// # Cancellation
///
/// A cancellation during an exit comes out of that exit's await, and is then the error on its way for the others. A
/// stack that is dropped drops its exits without running them, as Python's does.
#[derive(Clone, Default)]
pub struct AsyncExitStack<'a> {
    exits: Rc<RefCell<Vec<Box<dyn Exit + 'a>>>>,
}

/// The second half of a manager, as an object.
trait Exit {
    fn exit<'s>(&'s mut self, error: Option<&'s Error>) -> Pin<Box<dyn Future<Output = Result<bool>> + 's>>;
}

/// What is pushed as a manager.
struct OfManager<M>(M);

impl<M: AsyncContextManager> Exit for OfManager<M> {
    fn exit<'s>(&'s mut self, error: Option<&'s Error>) -> Pin<Box<dyn Future<Output = Result<bool>> + 's>> {
        Box::pin(self.0.exit(error))
    }
}

/// What is pushed as a coroutine function; taken when it is called.
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
    /// An empty stack.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a manager and keeps it, to be left in its turn; gives what its block would get.
    ///
    /// # Errors
    ///
    /// Those of entering; the stack is then as before.
    pub async fn enter_async_context<M: AsyncContextManager + 'a>(&self, mut manager: M) -> Result<M::Value> {
        let value = manager.enter().await?;
        self.push_manager(manager);
        Ok(value)
    }

    /// Keeps a manager, to be left in its turn, without entering it: `push_async_exit(manager)`.
    pub fn push_manager(&self, manager: impl AsyncContextManager + 'a) {
        self.add(OfManager(manager));
    }

    /// Keeps a coroutine function that is called as a manager's exit would be: `push_async_exit(function)`.
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
    pub fn push_async_exit(&self, exit: impl AsyncFnOnce(Option<&Error>) -> Result<bool> + 'a) {
        self.add(OfFunction(Some(exit)));
    }

    /// Keeps a plain function that is called as a manager's exit would be: `push`.
    pub fn push(&self, exit: impl FnOnce(Option<&Error>) -> Result<bool> + 'a) {
        self.push_async_exit(async move |error: Option<&Error>| exit(error));
    }

    /// Keeps a coroutine function to be called in its turn; it can fail, but not suppress. Arguments are what it
    /// captures.
    pub fn push_async_callback(&self, callback: impl AsyncFnOnce() -> Result<()> + 'a) {
        self.push_async_exit(async move |_: Option<&Error>| callback().await.map(|()| false));
    }

    /// Keeps a plain function to be called in its turn; it can fail, but not suppress.
    ///
    /// A value with a destructor is kept by a callback that captures it and drops it.
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
    pub fn callback(&self, callback: impl FnOnce() -> Result<()> + 'a) {
        self.push_async_exit(async move |_: Option<&Error>| callback().map(|()| false));
    }

    /// Moves all exits to a new stack, so that leaving this one runs nothing: for setting up several things, of which
    /// none is to stay if one fails.
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

    /// Runs all exits now, as at the end of a block that went well.
    ///
    /// # Errors
    ///
    /// The last error of an exit that no later exit suppressed.
    pub async fn aclose(&self) -> Result<()> {
        self.unwind(None).await.map(drop)
    }

    fn add(&self, exit: impl Exit + 'a) {
        self.exits.borrow_mut().push(Box::new(exit));
    }

    /// The borrow ends before the exit runs, which may push further ones.
    fn pop(&self) -> Option<Box<dyn Exit + 'a>> {
        self.exits.borrow_mut().pop()
    }

    async fn unwind(&self, received: Option<&Error>) -> Result<bool> {
        let mut current = received.cloned();
        let (mut suppressed, mut raised, mut panic) = (false, false, None);
        while let Some(mut exit) = self.pop() {
            match caught(async { exit.exit(current.as_ref()).await }).await {
                Err(payload) => {
                    let error = Error::from(BlockPanicked::new(&payload));
                    current = Some(chain(error, current));
                    panic = Some(payload);
                }
                // A panic that is on its way is neither suppressed nor replaced.
                Ok(_) if panic.is_some() => {}
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => (suppressed, raised, current) = (true, false, None),
                Ok(Err(error)) => (raised, current) = (true, Some(chain(error, current))),
            }
        }
        match (panic, current) {
            (Some(payload), _) => resume_unwind(payload),
            // What was suppressed on the way is not its context, though the block may have failed with that.
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
