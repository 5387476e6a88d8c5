//! The loop that is running in this thread, and the task whose step this is.
//!
//! Every wait asks for the task and every wake-up for the loop, several times a step. So both are plain pointers to values that
//! the frame which set them has borrowed: reading them touches no count and no flag. This relies only on the nesting of frames.

use std::cell::Cell;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::thread::LocalKey;

use asyncio_errors::RuntimeError;

use crate::kernel::event_loop::LoopCore;
use crate::kernel::handle::AnyTask;

thread_local! {
    static EVENT_LOOP: CurrentSlot<Rc<LoopCore>> = const { CurrentSlot(Cell::new(ptr::null())) };
    static TASK: CurrentSlot<AnyTask> = const { CurrentSlot(Cell::new(ptr::null())) };
}

/// Null, or a pointer to a value that a frame further up the stack has borrowed.
struct CurrentSlot<T>(Cell<*const T>);

impl<T> CurrentSlot<T> {
    /// Calls `f` with `value` in the slot.
    fn hold<R>(&self, value: *const T, f: impl FnOnce() -> R) -> R {
        struct Restore<'a, T>(&'a CurrentSlot<T>, *const T);
        impl<T> Drop for Restore<'_, T> {
            fn drop(&mut self) {
                self.0.0.set(self.1);
            }
        }
        let _restore = Restore(self, self.0.replace(value));
        f()
    }
}

/// Calls `f` with the value in a slot of this thread.
#[inline(always)]
fn with<T, R>(slot: &'static LocalKey<CurrentSlot<T>>, f: impl FnOnce(Option<&T>) -> R) -> R {
    // `f` is called here, because inside of `LocalKey::with` the compiler would not inline it.
    let pointer = slot.with(|slot| slot.0.get());
    // SAFETY: a pointer that is not null was made of a reference by `run_loop` or `step`, which the caller's frame has borrowed
    // until `hold` returns, and `hold` takes the pointer out first, also when it unwinds. `f` runs in between, in the same
    // thread, and cannot keep the reference: it is good for `f` only. Tests: the two of this module, of what is left in the slot
    // after a step or a loop that unwinds, and `tests/unwinding.rs` under AddressSanitizer.
    f(unsafe { pointer.as_ref() })
}

/// Calls `f` with `event_loop` as the running loop of this thread.
pub(crate) fn run_loop<R>(event_loop: &Rc<LoopCore>, f: impl FnOnce() -> R) -> R {
    EVENT_LOOP.with(|slot| slot.hold(event_loop, f))
}

#[cold]
pub(crate) fn no_running_loop() -> RuntimeError {
    RuntimeError::new("no running event loop")
}

/// Calls `f` with the loop that runs in this thread, if one does.
#[inline]
pub(crate) fn with_loop<R>(f: impl FnOnce(Option<&Rc<LoopCore>>) -> R) -> R {
    with(&EVENT_LOOP, f)
}

/// Calls `f` with `task` as the current one.
#[inline]
pub(crate) fn step<R>(task: &AnyTask, f: impl FnOnce() -> R) -> R {
    TASK.with(|slot| slot.hold(task, f))
}

/// Calls `f` without a current task, as if the current step had ended.
pub(crate) fn in_no_step(f: impl FnOnce()) {
    TASK.with(|slot| slot.hold(ptr::null(), f));
}

/// Calls `f` with the task whose step this is; with `None` in a callback of the loop.
#[inline(always)]
pub(crate) fn with_task<R>(f: impl FnOnce(Option<&AnyTask>) -> R) -> R {
    with(&TASK, f)
}

/// The last known location of the current task; without a task, a line of this library.
pub(crate) fn location() -> &'static Location<'static> {
    with_task(|task| task.map_or(Location::caller(), |task| task.core().at.get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, create_task, current_task, run, sleep};

    #[test]
    fn the_task_is_the_current_one_during_its_step_only_also_when_that_unwinds() {
        run(async {
            let outer = current_task()?.expect("a task runs");
            let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let other = create_task(sleep(0)).as_task();
                step(&other, || {
                    assert!(with_task(|task| task == Some(&other)));
                    panic!("expected")
                })
            }));
            assert!(panics.is_err());
            assert!(with_task(|task| task == Some(&outer)));
            Ok(())
        })
        .unwrap();
        assert!(with_task(|task| task.is_none()) && with_loop(|running| running.is_none()));
    }

    #[test]
    fn a_loop_that_unwinds_runs_no_more() {
        let event_loop = LoopCore::new(Clock::Virtual, Default::default());
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run_loop(&event_loop, || {
                assert!(with_loop(|running| running.is_some_and(|running| Rc::ptr_eq(running, &event_loop))));
                panic!("expected")
            })
        }));
        assert!(unwound.is_err());
        assert!(with_loop(|running| running.is_none()));
    }
}
