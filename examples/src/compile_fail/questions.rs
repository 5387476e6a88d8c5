//! A coroutine that is awaited by value is gone.
//!
//! Python raises `RuntimeError: cannot reuse already awaited coroutine` when it
//! comes to the second await; here ownership says it before the program runs.
//!
//! Shows: await_coroutine_twice_fails
//!
//! ```compile_fail,E0382
//! async fn other_coro() -> asyncio::Result<u32> {
//!     Ok(100)
//! }
//!
//! async fn program() -> asyncio::Result<u32> {
//!     let coro = other_coro();
//!     let once = coro.await?;
//!     let twice = coro.await?;
//!     Ok(once + twice)
//! }
//! ```
//!
//! A task can be awaited by reference as often as one likes.
//!
//! ```
//! # async fn other_coro() -> asyncio::Result<u32> {
//! #     Ok(100)
//! # }
//! async fn program() -> asyncio::Result<u32> {
//!     let task = asyncio::create_task(other_coro());
//!     let once = (&task).await?;
//!     let twice = (&task).await?;
//!     Ok(once + twice)
//! }
//! # assert_eq!(asyncio::run(program()).unwrap(), 200);
//! ```
//!
//! A done callback is a plain function: it cannot await.
//!
//! Shows: done_callback_is_a_plain_function
//!
//! ```compile_fail,E0728
//! fn report(task: asyncio::Task<u32>) {
//!     task.add_done_callback(|task| println!("{:?}", task.await));
//! }
//! ```
