//! The event loop: callbacks and timers, signals, executors, the exception handler, the clock.
//!
//! A program rarely needs more of it than [`get_running_loop`]. An [`Observer`] sees every [`LoopEvent`] of
//! a loop, and a [`SchedulingPolicy`] chooses what runs next.

#[doc(inline)]
pub use asyncio_runtime::{
    Choices, Clock, Closing, EventLoop, ExceptionContext, ExceptionHandler, Guest, Handle, LoopEvent, LoopHandle,
    Observer, Scheduled, ScheduledId, SchedulingPolicy, ThreadSafeHandle, TimerHandle, get_running_loop,
    new_event_loop,
};
#[doc(hidden)]
pub use asyncio_runtime::{
    DebugHook, LoopHook, ResolveHook, Taker, completes, current_stamp, note_handing_over, tell_partial_deadlocks,
};
