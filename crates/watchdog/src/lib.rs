//! Reports steps that block an event loop while they block it, in debug mode.
//!
//! A loop that is blocked cannot say so: it is inside the step. The core idea: an observer notes which step or callback runs and
//! how long it may take, and a thread looks at the note when that time is up. (Debug mode's own report comes after the step,
//! which may never end.) Each loop in debug mode has such a thread, but only under the real clock, and the thread sleeps as long
//! as no step takes too long.
//!
//! It knows a loop only through its [`LoopEvent`]s, and is linked in by a `DebugHook`: the runtime does not depend on it.

#![forbid(unsafe_code)]

mod watch;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use asyncio_errors::repr::Quoted;
use asyncio_runtime::{AnyTask, Clock, DebugHook, EventLoop, LoopEvent, Observer, get_running_loop};

use crate::watch::{Running, Watch, What};

inventory::submit! {
    DebugHook(watchdog)
}

/// With a limit shorter than this, the program wants the times of all steps, which debug mode's own report has.
const SHORTEST: f64 = 1e-3;

fn watchdog(event_loop: &EventLoop) -> Option<Rc<dyn Observer>> {
    if event_loop.clock() != Clock::Real {
        return None;
    }
    Some(Rc::new(Watchdog { watch: Watch::start()?, begun: Cell::new(0) }))
}

struct Watchdog {
    watch: Watch,
    /// The number of steps and callbacks that have started and not ended: an eager task takes a step inside another task's
    /// step.
    begun: Cell<u32>,
}

impl Observer for Watchdog {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            // A step that unwinds does not end.
            LoopEvent::PassBegins(_) => self.begun.set(0),
            LoopEvent::StepBegins(task) => self.begins(|| of_step(task)),
            LoopEvent::CallBegins(call) => self.begins(|| What { who: format!("{call:?}"), at: String::new() }),
            LoopEvent::StepEnds(_) | LoopEvent::CallEnds(_) => self.ends(),
            LoopEvent::PassEnds | LoopEvent::Closed => self.watch.note(None),
            _ => {}
        }
    }
}

impl Watchdog {
    fn begins(&self, what: impl FnOnce() -> What) {
        if self.begun.replace(self.begun.get() + 1) > 0 {
            return;
        }
        let Ok(event_loop) = get_running_loop() else { return };
        let limit = event_loop.slow_callback_duration();
        if limit >= SHORTEST
            && let Ok(limit) = Duration::try_from_secs_f64(limit)
        {
            self.watch.note(Instant::now().checked_add(limit).map(|due| Running { due, limit, what: what() }));
        }
    }

    fn ends(&self) {
        self.begun.set(self.begun.get().saturating_sub(1));
        if self.begun.get() == 0 {
            self.watch.note(None);
        }
    }
}

/// The report of a step of this task that takes too long: the task's `repr`, and the location of its last await.
fn of_step(task: &AnyTask) -> What {
    let (name, coroutine) = (task.get_name(), task.get_coro());
    let created = coroutine.location();
    let at = task.get_stack().pop().map_or_else(String::new, |at| {
        // A task that has not awaited yet still has the location of its creation.
        let begun = (at.file, at.line) != (created.file(), created.line());
        format!("; {} at {}:{}", if begun { "its last await was" } else { "it was created" }, at.file, at.line)
    });
    What { who: format!("<Task pending name={} coro=<{}()>>", Quoted(&name), coroutine.name()), at }
}
