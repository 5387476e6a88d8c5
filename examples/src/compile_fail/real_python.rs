//! The rules of `async` and `await`, as far as they are rules of syntax.
//!
//! Shows: await_outside_async_def_is_a_syntax_error,
//! yield_from_in_async_def_is_a_syntax_error, object_with_dunder_await
//!
//! Still no `async` before `fn`, as Python says:
//! `SyntaxError: 'await' outside async function`.
//!
//! ```compile_fail,E0728
//! async fn z(x: i32) -> i32 {
//!     x
//! }
//!
//! fn m(x: i32) -> i32 {
//!     let y = z(x).await;
//!     y
//! }
//! ```
//!
//! Python's `yield from` hands on what a generator yields, and is refused in a
//! coroutine: `SyntaxError: 'yield from' inside async function`. Rust keeps the
//! word `yield` for later and refuses all of it.
//!
//! ```compile_fail,E0658
//! async fn m(x: i32) {
//!     yield x;
//! }
//! ```
//!
//! What is neither a coroutine nor an object that makes one of itself cannot be
//! awaited. Python notices when it gets there:
//! `TypeError: object int can't be used in 'await' expression`.
//!
//! ```compile_fail,E0277
//! async fn m() -> i32 {
//!     5.await
//! }
//! ```
