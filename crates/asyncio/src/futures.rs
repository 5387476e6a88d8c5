//! Futures: places where a result will appear.
//!
//! [`Future`] is the one to set a result on. [`AnyFuture`] is what every future and task has in common, whatever the type of
//! its result: state, callbacks, cancellation. The trait of the same name in the standard library is what Python calls an
//! awaitable.

#[doc(inline)]
pub use asyncio_runtime::{
    AnyFuture, Await, CallbackKey, Future, Join, future_add_to_awaited_by, future_discard_from_awaited_by,
};
