//! `LoopCore`, the inside of an event loop: what it owns, how work is queued, and how it closes.
//!
//! `run` has the iteration and with it the scheduling contract; `waiting` has the sleep between iterations. The state that
//! parts of asyncio keep in a loop is in its [tenants](super::tenant). The public face is `asyncio::events`.

pub(crate) mod call;
pub(crate) mod callback;
pub(crate) mod current;
pub(crate) mod ready;
pub(crate) mod registry;
pub(crate) mod remote;
mod run;
pub(crate) mod timers;
pub(crate) mod waiting;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use asyncio_clock::Clock;
use asyncio_collections::burials::Burials;
use asyncio_errors::{Error, RuntimeError, log};

use crate::kernel::event_loop::call::Call;
use crate::kernel::event_loop::callback::ExceptionHandler;
use crate::kernel::event_loop::ready::{Other, Ready, ReadyQueue, Run};
use crate::kernel::event_loop::registry::Registry;
use crate::kernel::event_loop::remote::{Remote, Shared};
use crate::kernel::event_loop::timers::{Action, TimerKey, Timers, Turn};
use crate::kernel::event_loop::waiting::EventTarget;
use crate::kernel::handle::{AnyFuture, AnyTask};
use crate::kernel::memory::cell::TaskMemory;
use crate::kernel::memory::origin::Origins;
use crate::kernel::task::step::Runnable;
use crate::kernel::tenant::Tenants;
use crate::kernel::watch::{LoopEvent, Observer, Observers, Policy, Scheduled};
use asyncio_selectors::selector::Selector;

#[derive(Default)]
pub(crate) struct LoopCore {
    pub(crate) clock: Clock,
    diagnosis: Diagnosis,
    pub(crate) shared: Arc<Shared>,
    pub(crate) ready: RefCell<ReadyQueue>,
    pub(crate) timers: RefCell<Timers>,
    /// Where the loop sleeps. Made for the first descriptor, and for Ctrl-C.
    selector: RefCell<Option<Rc<Selector>>>,
    /// The tenant to which events of descriptors go. Boxed to be one word: taking an unboxed trait object out of an `Option` makes
    /// the compiler link its functions into every program.
    reactor: RefCell<Option<Box<Rc<dyn EventTarget>>>>,
    pub(crate) origins: Origins,
    /// Every task that is not done. The loop owns its tasks: dropping a handle detaches.
    pub(crate) tasks: Registry,
    pub(crate) tenants: Tenants,
    pub(crate) interrupt: RefCell<Option<Interrupt>>,
    pub(crate) running: Cell<bool>,
    /// A host drives the loop, and waits in its place.
    guest: Cell<bool>,
    /// The real time when a guest on the virtual clock began to wait for something outside.
    idle_since: Cell<Option<f64>>,
    pub(crate) stopping: Cell<bool>,
    closed: Cell<bool>,
    /// The observers of debug mode, if it is on.
    pub(crate) debug: RefCell<Option<Vec<Rc<dyn Observer>>>>,
    /// Are there observers, or a policy? The hot paths test only this flag.
    pub(crate) instrumented: Cell<bool>,
    pub(crate) slow_callback_duration: Cell<f64>,
    pub(crate) eager_tasks: Cell<bool>,
    /// Is there a tenant that changes the options of tasks?
    pub(crate) changes_options: Cell<bool>,
    pub(crate) exception_handler: RefCell<Option<Rc<ExceptionHandler>>>,
    /// Failed futures whose exception was not retrieved. While there are any, a closed loop keeps its handler for them.
    unseen: Cell<usize>,
    pub(in crate::kernel) observers: Observers,
    pub(in crate::kernel) policy: RefCell<Option<Rc<Policy>>>,
    iterations: Cell<u32>,
    /// Steps taken since the loop last looked at its descriptors.
    steps: Cell<usize>,
    /// The number of waits until the loop next looks at its tasks.
    pub(crate) waits: Cell<usize>,
    /// Has a deadlock been reported? That happens once.
    pub(crate) deadlock_reported: Cell<bool>,
    pub(crate) burials: Burials<AnyFuture>,
    /// A task that was found to wait on something foreign. The next search starts there.
    waits_on_others: Cell<u32>,
}

/// The reports of tasks that cannot go on.
#[derive(Clone, Copy)]
pub(crate) struct Diagnosis {
    /// For a loop in which no task can go on: an error under the virtual clock, otherwise one report.
    pub(crate) deadlock: fn(&LoopCore) -> Result<(), Error>,
    /// Looks for tasks that wait for each other while others go on. Returns whether something is ready afterwards, because a
    /// report may run anything.
    pub(crate) look: fn(&LoopCore) -> bool,
}

impl Default for Diagnosis {
    fn default() -> Self {
        Self { deadlock: |_| Ok(()), look: |_| false }
    }
}

/// The action at Ctrl-C. Every iteration checks it, so this is not a tenant.
pub(crate) struct Interrupt {
    pub(crate) arrived: Arc<AtomicBool>,
    pub(crate) call: Rc<dyn Fn()>,
    /// Dropped with it: the handlers of the signal.
    pub(crate) _handlers: Box<dyn Any>,
}

pub(crate) fn running_loop() -> Result<Rc<LoopCore>, RuntimeError> {
    current::with_loop(|running| running.cloned()).ok_or_else(current::no_running_loop)
}

/// Called by async-task to queue a task that was woken. In the thread of its loop the task goes onto the ready queue, in any other
/// into the loop's inbox.
pub(crate) fn schedule(runnable: async_task::Runnable<TaskMemory>) {
    let runnable = Runnable::new(runnable);
    current::with_loop(|running| match running {
        Some(core) if runnable.memory().belongs_to(core) => core.push_woken(runnable),
        _ => hand_in(runnable),
    });
}

#[inline(never)]
fn hand_in(runnable: Runnable) {
    let shared = Arc::clone(runnable.memory().shared());
    shared.push(Remote::Task(runnable));
}

impl LoopCore {
    pub(crate) fn new(clock: Clock, diagnosis: Diagnosis) -> Rc<Self> {
        Rc::new(Self { clock, diagnosis, slow_callback_duration: Cell::new(0.1), ..Self::default() })
    }

    pub(crate) fn time(&self) -> f64 {
        self.clock.now()
    }

    /// The number of the present iteration; it may wrap around.
    pub(crate) fn iteration(&self) -> u32 {
        self.iterations.get()
    }

    pub(crate) fn check_closed(&self) -> Result<(), RuntimeError> {
        if self.closed.get() { Err(RuntimeError::new("Event loop is closed")) } else { Ok(()) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    // Queueing.

    /// Queues a callback. A closed loop drops it: nothing will run any more.
    pub(crate) fn call(&self, run: Rc<dyn Run>, key: u32) {
        if self.closed.get() {
            return;
        }
        self.queue(Other::Call(run, key));
    }

    #[inline]
    fn queue(&self, other: Other) {
        if self.shared.has_news() { self.queue_behind_news(Ready::Other(other)) } else { self.push(other) }
    }

    #[inline]
    fn push(&self, other: Other) {
        self.ready.borrow_mut().push(other);
        if self.instrumented.get() {
            self.tell_queued(1);
        }
    }

    /// Reports the last `new` callbacks and timers that were queued.
    #[cold]
    pub(in crate::kernel) fn tell_queued(&self, new: usize) {
        let queued: Vec<_> = self.ready.borrow().last_others(new).map(|other| Scheduled::of(other, self)).collect();
        queued.iter().for_each(|scheduled| self.tell_all(LoopEvent::Queued(scheduled)));
    }

    /// Queues a call that was made by `call_soon_threadsafe` in the loop's own thread.
    #[cold]
    pub(crate) fn call_next(&self, call: Box<Call>) {
        self.queue_behind_news(Ready::Other(Other::Remote(call)));
    }

    /// Queues the first step of a task.
    #[inline]
    pub(crate) fn queue_task(&self, runnable: Runnable) {
        if self.shared.has_news() {
            return self.queue_behind_news(Ready::Task(runnable));
        }
        self.ready.borrow_mut().push_task(runnable);
    }

    /// Entries in the inbox are older than the entry that is queued now: they come from a thread that has since been joined, or
    /// from the loop's own thread between two runs, when even its wake-ups go through the inbox.
    #[cold]
    fn queue_behind_news(&self, next: Ready) {
        let woken = self.take_news();
        match next {
            Ready::Task(runnable) => self.ready.borrow_mut().push_task(runnable),
            Ready::Other(other) => self.push(other),
        }
        // Last, because an observer may close the loop, which would wait for a task that is not queued.
        self.tell_woken(woken);
    }

    /// Moves the entries that other threads have handed in to the ready queue.
    #[inline]
    pub(crate) fn take_remote(&self) {
        if self.shared.has_news() {
            self.tell_woken(self.take_news());
        }
    }

    /// Like `take_remote`, but returns the woken tasks, which must be reported to the observer. (Without instruments there are
    /// none.)
    #[cold]
    fn take_news(&self) -> Vec<AnyTask> {
        let mut woken = Vec::new();
        for item in self.shared.take() {
            match item {
                Remote::Call(call) => self.push(Other::Remote(call)),
                Remote::Task(runnable) => {
                    if self.instrumented.get() {
                        woken.push(runnable.task(self));
                    }
                    self.ready.borrow_mut().push_task(runnable);
                }
            }
        }
        woken
    }

    /// Queues the next step of a task that was woken.
    #[inline]
    fn push_woken(&self, runnable: Runnable) {
        if self.instrumented.get() {
            // Reported first: when an observer panics, this unwinds through async-task, which drops the step. (The observer
            // cannot close the loop, because it is running.)
            self.tell_one_woken(&runnable);
        }
        self.take_remote();
        self.ready.borrow_mut().push_task(runnable);
    }

    #[cold]
    fn tell_one_woken(&self, runnable: &Runnable) {
        self.tell_all(LoopEvent::Woken(&runnable.task(self)));
    }

    pub(crate) fn insert_timer(&self, when: f64, action: Action) -> TimerKey {
        let turn = self.timers.borrow_mut().take_turn();
        self.insert_timer_at(turn, when, action)
    }

    /// Like `insert_timer`, with a turn that was [taken](Timers::take_turn) before.
    #[inline]
    pub(crate) fn insert_timer_at(&self, turn: Turn, when: f64, action: Action) -> TimerKey {
        let key = self.timers.borrow_mut().insert_at_turn(turn, when, action);
        if self.instrumented.get() {
            self.tell_set(key, when);
        }
        key
    }

    /// Like `insert_timer`, for a timer that is due now.
    pub(crate) fn queue_timer(&self, action: Action) -> TimerKey {
        let key = self.timers.borrow_mut().insert_due(action);
        self.queue(Other::Timer(key));
        key
    }

    pub(crate) fn remove_timer(&self, key: TimerKey) {
        if self.instrumented.get() {
            self.tell_removed(key);
        }
        // Dropped after the borrow has ended: a dropped waker or closure may run anything.
        let action = self.timers.borrow_mut().remove(key);
        drop(action);
    }

    #[cold]
    fn tell_set(&self, key: TimerKey, when: f64) {
        self.tell_all(LoopEvent::TimerSet { timer: &Scheduled::timer(key, self), when });
    }

    #[cold]
    fn tell_removed(&self, key: TimerKey) {
        if self.timers.borrow().is_armed(key) {
            self.tell_all(LoopEvent::TimerCancelled(&Scheduled::timer(key, self)));
        }
    }

    // Closing.

    /// Closes the loop: drops the coroutines of all tasks, then timers and callbacks, then closes the tenants.
    pub(crate) fn close(self: &Rc<Self>) {
        if self.closed.replace(true) {
            return;
        }
        self.shared.close();
        // Aborting a task wakes it. The loop is made the running one, so that these wake-ups go straight to its queue.
        current::run_loop(self, || {
            crate::kernel::task::destroy::destroy_all(&self.tasks.all());
            loop {
                self.take_remote();
                let next = self.ready.borrow_mut().pop();
                match next {
                    // Its last step: it drops the coroutine.
                    Some(Ready::Task(runnable)) => runnable.run(self),
                    Some(Ready::Other(_)) => {}
                    // Another thread may have claimed a task in order to wake it, and not pushed it yet.
                    None if self.tasks.count() > 0 => std::thread::yield_now(),
                    None => break,
                }
            }
        });
        let actions = self.timers.borrow_mut().clear();
        drop(actions);
        self.tenants.close();
        self.reactor.take();
        self.selector.take();
        // The loop is closed whether or not an observer panics.
        let told = catch_unwind(AssertUnwindSafe(|| self.tell(|| LoopEvent::Closed)));
        self.observers.take();
        self.policy.take();
        self.let_go_of_handler();
        log::settle();
        told.unwrap_or_else(|payload| resume_unwind(payload));
    }

    pub(crate) fn one_more_unseen(&self) {
        self.unseen.set(self.unseen.get() + 1);
    }

    pub(crate) fn one_less_unseen(&self) {
        self.unseen.set(self.unseen.get() - 1);
        if self.closed.get() {
            self.let_go_of_handler();
        }
    }

    /// Drops the handler of a closed loop, once there is nothing left to report to it: it may own the loop.
    #[cold]
    fn let_go_of_handler(&self) {
        if self.unseen.get() == 0 {
            drop(self.exception_handler.take());
        }
    }
}

impl Interrupt {
    /// The function to call, if Ctrl-C was pressed.
    fn take(&self) -> Option<Rc<dyn Fn()>> {
        // Only read, which costs nothing, until it is set.
        let arrived = self.arrived.load(Ordering::Relaxed) && self.arrived.swap(false, Ordering::Relaxed);
        arrived.then(|| Rc::clone(&self.call))
    }
}
