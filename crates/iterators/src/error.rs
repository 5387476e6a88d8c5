//! The exception that says that an asynchronous iterator has no more items.

use std::error::Error;
use std::fmt;

/// The error at the end of an asynchronous iterator: Python's `StopAsyncIteration`.
///
/// Only the function [`anext`](crate::anext()) raises it. The method
/// [`AsyncIterator::anext`](crate::AsyncIterator::anext) returns `None` instead.
///
/// # Examples
///
/// ```
/// use asyncio::{AsyncIterator, StopAsyncIteration, anext, from_iter, run};
///
/// run(async {
///     let mut nothing = from_iter([0; 0]);
///     let error = anext(&mut nothing).await.unwrap_err();
///     assert!(error.is::<StopAsyncIteration>());
///     assert_eq!(format!("{error:?}"), "StopAsyncIteration()");
///     assert_eq!(nothing.anext().await?, None);
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct StopAsyncIteration;

impl fmt::Display for StopAsyncIteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Python's `str`, `{:-}`, is empty.
        if f.sign_minus() { Ok(()) } else { f.write_str("there are no more items") }
    }
}

impl fmt::Debug for StopAsyncIteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopAsyncIteration()")
    }
}

impl Error for StopAsyncIteration {}
