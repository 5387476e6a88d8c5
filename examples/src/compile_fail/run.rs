//! `await` stands only inside of `async`.
//!
//! Python calls it a syntax error: `SyntaxError: 'await' outside async function`.
//!
//! Shows: await_only_inside_async_def
//!
//! ```compile_fail,E0728
//! fn wait_a_second() -> asyncio::Result<()> {
//!     asyncio::sleep(1).await
//! }
//! ```
//!
//! At the level of the module, `SyntaxError: 'await' outside function`, there is no
//! place for a statement at all. A constant has an expression, and must not await
//! either.
//!
//! ```compile_fail,E0728
//! const ANSWER: i32 = async { 42 }.await;
//! ```
//!
//! `SyntaxError: 'async for' outside async function` and
//! `SyntaxError: 'async with' outside async function` are the same error, since
//! both are written with `await`.
//!
//! ```compile_fail,E0728
//! fn last(mut results: asyncio::tasks::AsCompleted<asyncio::Task<i32>, i32>) {
//!     while let Ok(Some(_task)) = results.anext().await {}
//! }
//! ```
//!
//! ```compile_fail,E0728
//! fn in_a_second() -> asyncio::Result<()> {
//!     asyncio::timeout(1).run(async |_| Ok(())).await
//! }
//! ```
//!
//! A plain closure in a coroutine is a function of its own.
//!
//! ```compile_fail,E0728
//! async fn program() {
//!     let nap = || asyncio::sleep(1).await;
//! }
//! ```
