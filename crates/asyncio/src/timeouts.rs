//! Limits for a block of code. [`wait_for`](crate::wait_for) is the limit for one awaitable.
//!
//! [`Seconds`] is what can be a number of seconds, [`TimeLimit`] what can be a limit: seconds, or none.

#[doc(inline)]
pub use asyncio_runtime::{Seconds, TimeLimit, Timeout, TimeoutBlock, timeout, timeout_at};
