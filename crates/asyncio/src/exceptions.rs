//! What can be raised: [`Error`], which holds any exception, and the exceptions that Python has built in or in asyncio.
//!
//! Exceptions of one part of asyncio are in its module, such as [`QueueFull`](crate::queues::QueueFull) in
//! [`queues`](crate::queues) and [`IncompleteReadError`](crate::streams::IncompleteReadError) in [`streams`](crate::streams).

#[doc(inline)]
pub use asyncio_runtime::{
    CancelledError, Error, ErrorContext, Exception, ExceptionGroup, GaiError, GeneratorExit, InvalidStateError,
    KeyboardInterrupt, LookupError, Raisable, RaisedError, Result, RuntimeError, TaskPanic, TimeoutError, TypeError,
    ValueError, ZeroDivisionError, raise,
};
