//! Words that old programs use as names.
//!
//! Up to Python 3.6 `async` could be the name of a variable; since 3.7
//! `async = True` is a `SyntaxError`. In Rust it is reserved since the edition of
//! 2018.
//!
//! Shows: history_async_and_await_reserved
//!
//! ```compile_fail
//! let async = true;
//! ```
