//! Panics, held up while a manager's exit runs.
//!
//! Python has one kind of raising, so `__aexit__` sees every failure. Here a panic of the block is caught, shown to the
//! exit as an error (a transaction must not be committed after it), and continued afterwards.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_lite::FutureExt as _;

/// The payload of a caught panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The error that a manager's exit is given after a panic in the block. Suppressed or not, the panic continues after
/// the exit.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncExitStack, BlockPanicked, Result, async_with, create_task, run, wait};
///
/// run(async {
///     let stack = AsyncExitStack::new();
///     stack.push(|error| {
///         let panicked = error.unwrap().downcast_ref::<BlockPanicked>().unwrap();
///         assert_eq!(panicked.message(), "an expected panic");
///         Ok(true) // in vain: a panic goes on
///     });
///     let task = create_task(async_with(stack, async |_| -> Result<()> { panic!("an expected panic") }));
///     wait([&task]).await?;
///     assert!(task.exception()?.unwrap().to_string().contains("an expected panic"));
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPanicked {
    message: String,
}

impl BlockPanicked {
    pub(crate) fn new(payload: &Payload) -> Self {
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        Self { message: text.unwrap_or("Box<dyn Any>").to_owned() }
    }

    /// The panic's message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for BlockPanicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the block panicked: {}", self.message)
    }
}

impl std::error::Error for BlockPanicked {}

/// Awaits `future` and returns its panic instead of continuing it.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Payload> {
    // Unwind safe, because the panic continues: only cleanup code sees the state that it left behind.
    AssertUnwindSafe(future).catch_unwind().await
}
