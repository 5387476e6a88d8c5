//! Debug mode: its observers, and reports of steps and callbacks that have taken too long.

use std::cell::Cell;
use std::fmt::Debug;
use std::iter;
use std::rc::{Rc, Weak};

use asyncio_clock::{Seconds, machine::real_now};
use asyncio_errors::log;

use crate::asyncio::events::EventLoop;
use crate::asyncio::hooks::DebugHook;
use crate::kernel::{LoopCore, LoopEvent, Observer};

/// # Debug mode
impl EventLoop {
    /// Debug mode: reports steps that take longer than [`set_slow_callback_duration`](Self::set_slow_callback_duration), while
    /// they do (by a thread, in real time) and afterwards. Tasks, and the futures and handles that are made in this mode, print
    /// where they were created. A loop, a writer or a running child that is dropped without having been closed is reported, like
    /// Python's `ResourceWarning`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asyncio::new_event_loop;
    ///
    /// let event_loop = new_event_loop();
    /// event_loop.set_debug(true);
    /// event_loop.set_slow_callback_duration(0.05);
    /// assert!(event_loop.get_debug() && event_loop.slow_callback_duration() == 0.05);
    /// assert_eq!(event_loop.to_string(), "<_UnixSelectorEventLoop running=False closed=False debug=True>");
    /// ```
    pub fn set_debug(&self, debug: bool) {
        let core = self.core();
        let observer = || Rc::new(SlowSteps { core: Rc::downgrade(core), ..SlowSteps::default() }) as Rc<dyn Observer>;
        let of_hooks = inventory::iter::<DebugHook>.into_iter().filter_map(|hook| (hook.0)(self));
        let new = debug.then(|| iter::once(observer()).chain(of_hooks).collect::<Vec<_>>());
        let old = core.debug.replace(new.clone());
        old.iter().flatten().for_each(|old| _ = core.remove_observer(old));
        new.into_iter().flatten().for_each(|new| core.add_observer(new));
    }

    /// Is the loop in debug mode?
    #[must_use]
    pub fn get_debug(&self) -> bool {
        self.core().debug.borrow().is_some()
    }

    /// How many seconds a step may take before debug mode reports it: `loop.slow_callback_duration`.
    #[must_use]
    pub fn slow_callback_duration(&self) -> f64 {
        self.core().slow_callback_duration.get()
    }

    /// Sets how many seconds a step may take before debug mode reports it; 0.1 by default.
    pub fn set_slow_callback_duration(&self, seconds: impl Seconds) {
        self.core().slow_callback_duration.set(seconds.seconds());
    }
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
