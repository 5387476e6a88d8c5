//! Debug mode: its observers, locations of creation, and reports of steps and callbacks that have taken too long.

use std::cell::Cell;
use std::fmt::Debug;
use std::iter;
use std::panic::Location;
use std::rc::{Rc, Weak};

use asyncio_clock::machine::real_now;
use asyncio_errors::log;

use crate::asyncio::events::EventLoop;
use crate::asyncio::hooks;
use crate::kernel::{LoopCore, LoopEvent, Observer};

/// Switches debug mode on or off.
pub(crate) fn set_debug(event_loop: &EventLoop, debug: bool) {
    let core = event_loop.core();
    let observer = || Rc::new(SlowSteps { core: Rc::downgrade(core), ..SlowSteps::default() }) as Rc<dyn Observer>;
    let new = debug.then(|| iter::once(observer()).chain(hooks::of_debug_mode(event_loop)).collect::<Vec<_>>());
    let old = core.debug.replace(new.clone());
    old.iter().flatten().for_each(|old| _ = core.remove_observer(old));
    new.into_iter().flatten().for_each(|new| core.add_observer(new));
}

/// The location where something was created, in debug mode.
pub(crate) fn in_debug(core: &LoopCore, at: &'static Location<'static>) -> Option<&'static Location<'static>> {
    (core.instrumented.get() && core.debug.borrow().is_some()).then_some(at)
}

#[derive(Default)]
struct SlowSteps {
    core: Weak<LoopCore>,
    /// The number of steps and callbacks of this pass that have started and not ended, because an eager task takes a step inside
    /// another task's step. `None` outside of a pass, as during the steps of a closing loop.
    begun: Cell<Option<u32>>,
    /// When the outermost began.
    since: Cell<f64>,
}

impl Observer for SlowSteps {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::PassBegins(_) => self.begun.set(Some(0)),
            LoopEvent::PassEnds => self.begun.set(None),
            LoopEvent::StepBegins(_) | LoopEvent::CallBegins(_) => self.begins(),
            LoopEvent::StepEnds(task) => self.ends(task),
            LoopEvent::CallEnds(call) => self.ends(call),
            _ => {}
        }
    }
}

impl SlowSteps {
    fn begins(&self) {
        if self.begun.get() == Some(0) {
            self.since.set(real_now());
        }
        self.begun.set(self.begun.get().map(|begun| begun + 1));
    }

    fn ends(&self, what: &dyn Debug) {
        self.begun.set(self.begun.get().and_then(|begun| begun.checked_sub(1)));
        let Some(core) = self.core.upgrade().filter(|_| self.begun.get() == Some(0)) else { return };
        let took = real_now() - self.since.get();
        if took >= core.slow_callback_duration.get() {
            // In whole numbers: printing floating-point numbers is a large part of a small program.
            let ms = (took * 1e3).round() as u64;
            log::warning(format_args!("Executing {what:?} took {}.{:03} seconds", ms / 1000, ms % 1000));
        }
    }
}
