//! The event loop: callbacks and timers, signals, executors, the exception handler, the clock.
//!
//! A program rarely needs more of it than [`get_running_loop`]. [`Observer`] watches tasks run, and [`SchedulingPolicy`]
//! chooses which of them runs next.

#[doc(inline)]
pub use asyncio_runtime::{
    Clock, EventLoop, ExceptionContext, ExceptionHandler, Handle, LoopHandle, Observer, RunTarget, SchedulingPolicy,
    ThreadSafeHandle, TimerHandle, get_running_loop, new_event_loop,
};
