//! The crate `asyncio` as the examples in the documentation import it: under the guard of `asyncio-testing`.
//!
//! An example has no `#[test]` that a guard could replace, and must look as its reader would write it. So the crates have this
//! one as the dev-dependency `asyncio`: it exports everything of the facade, and registers a hook for new loops. If the process
//! is an example, its first loop puts it under the guard. Elsewhere the hook does nothing. The published facade does not
//! contain it.
//!
//! An example fails if a callback, a task or a job panics, if an error is reported that nothing has handled, or if it takes too
//! long. A panic or an error is deliberate if its message says `expected`.
//!
//! A panic in a callback:
//!
//! ```should_panic
//! use asyncio_guarded::{get_running_loop, run, sleep};
//!
//! run(async {
//!     get_running_loop()?.call_soon(|| panic!("boom"))?;
//!     sleep(0).await
//! })
//! .unwrap();
//! ```
//!
//! A panic in a task whose result is not looked at:
//!
//! ```should_panic
//! use asyncio_guarded::{create_task, run, wait};
//!
//! run(async { wait([create_task(async { if true { panic!("boom") } else { Ok(()) } })]).await.map(drop) }).unwrap();
//! ```
//!
//! A panic in a job of the thread pool:
//!
//! ```should_panic
//! use asyncio_guarded::{create_task, run, to_thread, wait};
//!
//! run(async {
//!     let job = create_task(to_thread(|| if true { panic!("boom") }));
//!     wait([job]).await.map(drop)
//! })
//! .unwrap();
//! ```
//!
//! An error that is never retrieved:
//!
//! ```should_panic
//! use asyncio_guarded::{ValueError, create_task, run, sleep};
//!
//! run(async {
//!     create_task(async { if true { Err(ValueError::new("boom").into()) } else { Ok(()) } });
//!     sleep(0).await
//! })
//! .unwrap();
//! ```
//!
//! A wake-up that is lost:
//!
//! ```should_panic
//! use std::time::Duration;
//!
//! use asyncio_guarded::{Event, run};
//!
//! run(async {
//!     asyncio_testing::limit(Duration::from_millis(1));
//!     Event::new().wait().await
//! })
//! .unwrap();
//! ```
//!
//! All of them, deliberate, and a panic that the example itself catches:
//!
//! ```
//! use asyncio_guarded::{ValueError, create_task, get_running_loop, run, sleep};
//!
//! run(async {
//!     get_running_loop()?.call_soon(|| panic!("as expected"))?;
//!     create_task(async { if true { Err(ValueError::new("as expected").into()) } else { Ok(()) } });
//!     sleep(0).await
//! })
//! .unwrap();
//! assert!(std::panic::catch_unwind(|| panic!("boom")).is_err());
//! ```

#![forbid(unsafe_code)]

pub use asyncio::*;

// A module, because a private import would hide a name of the facade.
mod guard {
    use asyncio_runtime::{EventLoop, LoopHook, get_running_loop, log};

    inventory::submit! {
        LoopHook(guard)
    }

    fn guard(event_loop: &EventLoop) {
        // Outside of a loop, a panic reaches the example.
        if asyncio_testing::begin_example(|| get_running_loop().is_ok()) {
            event_loop.set_exception_handler(Some(Box::new(|context| {
                log::warning(context);
                asyncio_testing::fail_example(&context.to_string());
            })));
        }
    }
}
