//! The callbacks of a loop and their handles: `asyncio.Handle`, `asyncio.TimerHandle`.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::rc::{Rc, Weak};

use asyncio_collections::drop_nested;
use asyncio_contextvars::{self as contextvars, Vars};
use asyncio_errors::{names::function_name, report::Queued, text::Text};

use crate::kernel::{Action, LoopCore, LoopEvent, Run, Scheduled, TimerKey, note_making, run_callback, run_handled};

/// A queued callback: `asyncio.Handle`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let called = Rc::new(Cell::new(false));
///     let call = Rc::clone(&called);
///     let handle = get_running_loop()?.call_soon(move || call.set(true))?;
///     handle.cancel();
///     assert!(handle.cancelled());
///     sleep(0).await?;
///     assert!(!called.get());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Handle(Rc<HandleInner>);

impl Handle {
    #[track_caller]
    pub(crate) fn new<F: FnOnce() + 'static>(core: &Rc<LoopCore>, when: Option<f64>, f: F) -> Self {
        note_making();
        Self(Rc::new(HandleInner {
            f: RefCell::new(Some(Box::new(f))),
            cancelled: Cell::new(false),
            type_name: std::any::type_name::<F>(),
            queued: Queued { when, at: in_debug(core, Location::caller()) },
            vars: contextvars::current(),
            core: Rc::downgrade(core),
        }))
    }

    /// What the loop queues.
    pub(crate) fn to_run(&self) -> Rc<dyn Run> {
        Rc::clone(&self.0) as Rc<dyn Run>
    }

    /// Keeps the callback from running, if it has not run yet.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        let f = self.0.f.take();
        if let Some(f) = f {
            // For a timer, the loop does this.
            if let (None, Some(core)) = (self.0.queued.when, self.0.core.upgrade())
                && core.instrumented.get()
            {
                let call = Scheduled::call(self.to_run(), 0);
                core.tell(|| LoopEvent::CallCancelled(&call));
            }
            drop_nested(f);
        }
    }

    /// Was the callback cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.0.cancelled.get()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.repr())
    }
}

/// A callback at a time: `asyncio.TimerHandle`.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
///
/// use asyncio::{get_running_loop, run, sleep};
///
/// run(async {
///     let (event_loop, called) = (get_running_loop()?, Rc::new(Cell::new(false)));
///     let call = Rc::clone(&called);
///     let timer = event_loop.call_later(0.001, move || call.set(true))?;
///     assert!(timer.when() > event_loop.time());
///     timer.cancel();
///     sleep(0.002).await?;
///     assert!(!called.get());
///     Ok(())
/// })
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct TimerHandle {
    handle: Handle,
    when: f64,
    key: TimerKey,
    core: Rc<LoopCore>,
}

impl TimerHandle {
    /// A timer of the loop that calls `f` at the time `when`.
    #[track_caller]
    pub(crate) fn new<F: FnOnce() + 'static>(core: &Rc<LoopCore>, when: f64, f: F) -> Self {
        let handle = Handle::new(core, Some(when), f);
        let key = core.insert_timer(when, Action::Call(handle.to_run()));
        Self { handle, when, key, core: Rc::clone(core) }
    }

    /// Keeps the callback from running, if it has not run yet.
    pub fn cancel(&self) {
        self.handle.cancel();
        self.core.remove_timer(self.key);
    }

    /// Was the callback cancelled?
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.handle.cancelled()
    }

    /// When it is due, in the time of the loop's clock.
    #[must_use]
    pub fn when(&self) -> f64 {
        self.when
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// The queued entry, shared by the clones of the handle.
struct HandleInner {
    f: RefCell<Option<Box<dyn FnOnce()>>>,
    cancelled: Cell<bool>,
    /// The closure's type. The name of its function is extracted only when it is needed, because that takes a search.
    type_name: &'static str,
    queued: Queued,
    vars: Vars,
    core: Weak<LoopCore>,
}

impl Drop for HandleInner {
    #[inline]
    fn drop(&mut self) {
        if let Some(f) = self.f.get_mut().take() {
            drop_nested(f);
        }
    }
}

impl HandleInner {
    /// The `repr` of its handle. A cancelled one names its callback only in debug mode.
    fn repr(&self) -> String {
        let cancelled = self.cancelled.get();
        let is_debug = || self.core.upgrade().is_some_and(|core| core.debug.borrow().is_some());
        let callback = (!cancelled || is_debug()).then(|| self.describe().to_string());
        self.queued.handle_repr(cancelled, callback.as_deref())
    }
}

impl Run for HandleInner {
    fn run(&self, _key: u32) {
        let f = self.f.take();
        let Some(f) = f else { return };
        let Some(core) = self.core.upgrade() else { return };
        let names = || (self.describe(), self.queued.handle_repr(false, Some(&self.describe().to_string())));
        run_handled(&core, self.vars.clone(), &names, f);
    }

    fn describe(&self) -> Text {
        format!("{}()", function_name(self.type_name)).into()
    }
}

/// The location where something was created, in debug mode.
pub(crate) fn in_debug(core: &LoopCore, at: &'static Location<'static>) -> Option<&'static Location<'static>> {
    (core.instrumented.get() && core.debug.borrow().is_some()).then_some(at)
}

/// A callback that may run many times, for a descriptor or a signal.
pub(crate) struct Repeated<F> {
    f: RefCell<F>,
    core: Weak<LoopCore>,
    vars: Vars,
    /// The callback was removed or replaced, and must not run even if it is still queued.
    over: Cell<bool>,
}

impl<F: FnMut() + 'static> Repeated<F> {
    pub(crate) fn new(core: &Rc<LoopCore>, f: F) -> Rc<Self> {
        let (f, core) = (RefCell::new(f), Rc::downgrade(core));
        Rc::new(Self { f, core, vars: contextvars::current(), over: Cell::new(false) })
    }
}

impl<F: FnMut()> Run for Repeated<F> {
    fn run(&self, _key: u32) {
        if self.over.get() {
            return;
        }
        let Some(core) = self.core.upgrade() else { return };
        run_callback(&core, self.vars.clone(), &|| self.describe(), || (self.f.borrow_mut())());
    }

    fn cut(&self) {
        self.over.set(true);
    }

    fn describe(&self) -> Text {
        format!("{}()", function_name(std::any::type_name::<F>())).into()
    }
}
