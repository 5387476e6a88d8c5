//! The rules of `async` and `await`, as far as they are rules of syntax.
//!
//! Shows: await_outside_async_def_is_a_syntax_error,
//! yield_from_in_async_def_is_a_syntax_error, object_with_dunder_await,
//! requests_blocks, no_await_in_a_generator_coroutine
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
//!
//! A function that blocks gives a value and nothing to await, as `requests.get`
//! does. Python says
//! `TypeError: object Response can't be used in 'await' expression`, once the
//! blocking call is over.
//!
//! ```compile_fail,E0277
//! # struct Response;
//! fn get(url: &str) -> Response {
//!     // Connects, writes and reads, and blocks the thread meanwhile.
//!     # Response
//! }
//!
//! async fn fetch() -> Response {
//!     get("https://example.org/").await
//! }
//! ```
//!
//! Generator-based coroutines could not use `await`: the generator was a plain
//! function. The closest in Rust is a `Generator` whose closure is not `async`.
//!
//! ```compile_fail,E0728
//! use asyncio::Generator;
//!
//! let old = Generator::<u32>::new(|mut y| {
//!     y.yield_(1).await
//! });
//! ```
