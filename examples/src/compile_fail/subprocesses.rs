//! A `Process` resembles `subprocess.Popen`, but it has no `poll`, its waits take
//! no timeout, and its data is bytes.
//!
//! Shows: process_is_like_popen
//!
//! Python raises `AttributeError: 'Process' object has no attribute 'poll'`.
//!
//! ```compile_fail,E0599
//! async fn program(process: asyncio::subprocess::Process) {
//!     process.poll();
//! }
//! ```
//!
//! `TypeError: Process.wait() takes 1 positional argument but 2 were given`:
//!
//! ```compile_fail,E0061
//! async fn program(process: asyncio::subprocess::Process) {
//!     process.wait(1.0).await;
//! }
//! ```
//!
//! The counterparts are `returncode` and `wait_for`.
//!
//! ```no_run
//! use asyncio::wait_for;
//!
//! # use asyncio::{Result, subprocess::Process};
//! # async fn program(process: Process) -> Result<()> {
//! let has_ended: Option<i32> = process.returncode();
//! let code: i32 = wait_for(process.wait(), 1.0).await?;
//! # Ok(())
//! # }
//! ```
