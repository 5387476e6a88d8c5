//! What happens to a coroutine that never takes its first step.

use std::cell::Cell;
use std::future::Future as StdFuture;
use std::pin::Pin;
use std::task::{Context, Waker};

use crate::base::names::COROUTINE;

thread_local! {
    /// If set, the next poll of a coroutine object only marks it as used.
    pub(crate) static EXCUSING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps a coroutine object from complaining when its task ends before the first step. In Python the cancellation is thrown
/// into it, which counts as use. Other futures are left alone, and so are objects inside this one.
pub(crate) fn excuse<F: StdFuture>(future: Pin<&mut F>, cx: &mut Context<'_>) {
    if std::any::type_name::<F>().starts_with(COROUTINE) {
        EXCUSING.set(true);
        let excused = future.poll(cx).is_pending();
        debug_assert!(excused && !EXCUSING.get(), "a coroutine object takes the flag and does nothing");
    }
}

/// Drops a coroutine that was meant to run, but was refused, without a complaint.
pub(crate) fn close<F: StdFuture>(coroutine: F) {
    excuse(std::pin::pin!(coroutine), &mut Context::from_waker(Waker::noop()));
}
