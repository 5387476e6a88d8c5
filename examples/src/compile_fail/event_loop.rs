//! There is no function that finds a loop or makes one on the way.
//!
//! Python's `get_event_loop` was both. In a coroutine or a callback it returns the
//! running loop, and never warned there. Elsewhere it once made a loop, later
//! warned, and raises `RuntimeError` since Python 3.14. `get_running_loop` and
//! `new_event_loop` say which of the two is meant.
//!
//! Shows: get_event_loop_deprecated
//!
//! ```compile_fail,E0432
//! use asyncio::get_event_loop;
//! ```
//!
//! The two that there are:
//!
//! ```
//! use asyncio::{get_running_loop, new_event_loop};
//!
//! let event_loop = new_event_loop();
//! let ask = async { Ok(get_running_loop()?) };
//! let inside = event_loop.run_until_complete(ask).unwrap();
//! assert!(inside == event_loop);
//! ```
