//! What cannot be waited for.
//!
//! `asyncio.wait` wants a collection: a bare coroutine is
//! `TypeError: expect a list of futures, not coroutine`.
//!
//! Shows: wait_takes_list_dict_or_set, wait_for_has_no_default_timeout
//!
//! ```compile_fail,E0277
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::wait(asyncio::sleep(1)).await?;
//!     Ok(())
//! }
//! ```
//!
//! A collection of coroutines is refused too, in Python from 3.11 on: make tasks of
//! them.
//!
//! ```compile_fail,E0277
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::wait(&[asyncio::sleep(1), asyncio::sleep(2)]).await?;
//!     Ok(())
//! }
//! ```
//!
//! ```
//! use asyncio::{create_task, run, sleep, wait};
//!
//! run(async {
//!     let naps = [create_task(sleep(0.001)), create_task(sleep(0.002))];
//!     let (done, pending) = wait(&naps).await?;
//!     assert_eq!((done.len(), pending.len()), (2, 0));
//!     Ok(())
//! })
//! .unwrap();
//! ```
//!
//! `wait_for` has no default for its limit: to wait as long as it takes, say
//! `None`.
//!
//! ```compile_fail,E0061
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::wait_for(asyncio::sleep(0.001)).await
//! }
//! ```
//!
//! ```
//! async fn program() -> asyncio::Result<()> {
//!     asyncio::wait_for(asyncio::sleep(0.001), None).await
//! }
//!
//! asyncio::run(program()).unwrap();
//! ```
