//! `shield`: protects an awaitable from the cancellation of the task that awaits it.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use asyncio_errors::Result;

use super::awaitable::{Awaitable, ensure_future};
use super::cycles;
use crate::asyncio::futures::Future;
use crate::kernel::{AnyFuture, Kind, Registered, Run, Text, current_task_id};

/// Wraps an awaitable so that cancelling the wrapper, or a task that awaits it, does not cancel the awaitable:
/// `asyncio.shield`.
///
/// A coroutine becomes a task at once. If the awaitable itself is cancelled, the shield is cancelled too. If you pass the
/// awaitable by value, its result moves to the shield; if you pass a reference (`shield(&task)`), the result is cloned and
/// also stays with the task.
///
/// # Panics
///
/// With `no running event loop` for a coroutine outside a running loop.
///
/// # Examples
///
/// ```
/// use asyncio::{create_task, run, shield, sleep, sleep_result};
///
/// run(async {
///     let task = create_task(sleep_result(0.002, "saved"));
///     let shielded = shield(&task);
///     sleep(0).await?;
///     assert!(shielded.cancel());
///     assert!(shielded.await.unwrap_err().is_cancelled());
///     assert_eq!(task.await?, "saved");
///     Ok(())
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn shield<A: Awaitable>(awaitable: A) -> Future<A::Value> {
    let inner = ensure_future(awaitable);
    let future = inner.as_ref().clone();
    let outer = Future::new(future.base().event_loop());
    let shield = Rc::new(Shield {
        inner,
        outer: outer.clone(),
        outcome: A::outcome,
        registered: Cell::new(None),
        task: current_task_id(),
    });
    if future.cancelled() {
        let cancellation = future.base().see_error().expect("cancelled with an error");
        outer.finish_with_cancellation(cancellation);
        return outer;
    }
    if future.done() {
        // CPython returns the inner future itself. A shield that is done from the start differs only in identity.
        shield.run(0);
        return outer;
    }
    let registered = future.add_callback(Rc::clone(&shield) as Rc<dyn Run>, 0);
    shield.registered.set(registered);
    if !matches!(future.kind(), Kind::Task(_)) {
        cycles::may_own_itself(future.base().event_loop(), Rc::clone(&shield) as Rc<dyn Run>);
    }
    let _ = outer.add_callback(Rc::new(OuterDone(Rc::downgrade(&shield))), 0);
    outer
}

/// The callback on the inner future.
struct Shield<H, T> {
    inner: H,
    outer: Future<T>,
    outcome: fn(&H) -> Result<T>,
    registered: Cell<Option<Registered>>,
    /// The task that called `shield`.
    task: Option<u32>,
}

impl<H: AsRef<AnyFuture>, T: 'static> Run for Shield<H, T> {
    fn run(&self, _key: u32) {
        let inner = self.inner.as_ref();
        if self.outer.done() {
            // Cancelled in the same iteration. A failure of the inner future stays unseen and will be reported.
        } else if inner.cancelled() {
            self.outer.cancel();
        } else {
            // Checked before the result is taken, so that a panic is passed on and does not resume here in the loop.
            let set = match inner.base().see_error().map_or_else(|| (self.outcome)(&self.inner), Err) {
                Ok(value) => self.outer.set_result(value),
                Err(error) => self.outer.set_exception(error),
            };
            // Fails only if cloning the result has completed the shield.
            drop(set);
        }
    }

    fn abandoned(&self, depth: u32) -> Option<u32> {
        self.outer.as_any().is_abandoned(depth).then_some(1)
    }

    fn abandon(&self) {
        self.outer.as_any().base().abandon();
    }

    fn cut(&self) {
        self.inner.as_ref().base().forget_callbacks();
    }

    fn awaited_by(&self, through: Option<&AnyFuture>) -> Option<u32> {
        self.task.filter(|_| through.is_none_or(|future| self.outer.as_any().is(future)))
    }

    fn describe(&self) -> Text {
        "shield.<locals>._inner_done_callback()".into()
    }
}

/// The callback on the outer future: a shield that was cancelled no longer listens to the inner future. Its reference to the
/// shield, which the inner future owns, is weak, because otherwise the outer future would own itself.
struct OuterDone<H, T>(Weak<Shield<H, T>>);

impl<H: AsRef<AnyFuture>, T: 'static> Run for OuterDone<H, T> {
    fn abandoned(&self, _depth: u32) -> Option<u32> {
        Some(0)
    }

    fn run(&self, _key: u32) {
        let Some(shield) = self.0.upgrade() else { return };
        let inner = shield.inner.as_ref();
        if let (false, Some(registered)) = (inner.done(), shield.registered.take()) {
            inner.base().remove_callback(registered);
        }
    }

    fn describe(&self) -> Text {
        "shield.<locals>._outer_done_callback()".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{create_task, run, sleep};

    #[test]
    fn the_callbacks_of_a_shield_read_as_in_cpython() {
        run(async {
            let task = create_task(sleep(0));
            let shielded = shield(&task);
            assert_eq!(format!("{shielded:?}"), "<Future pending cb=[shield.<locals>._outer_done_callback()]>");
            assert!(format!("{task:?}").ends_with("cb=[shield.<locals>._inner_done_callback()]>"));
            shielded.cancel();
            sleep(0).await?;
            assert!(!format!("{task:?}").contains("cb="));
            task.await
        })
        .unwrap();
    }
}
