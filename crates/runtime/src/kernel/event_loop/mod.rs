//! `LoopCore`, the event loop's inside: the ready queue, one iteration, and what a loop owns.
//!
//! The scheduling contract lives here (`run_once`): collect what came from outside, append the timers that are due, then
//! run exactly what was ready at that moment. The public face is in `events`, tasks are in `tasks`; this file knows
//! neither what a task does nor what a future is.

pub(crate) mod call;
pub(crate) mod callback;
pub(crate) mod current;
pub(crate) mod cycles;
pub(crate) mod prefetch;
pub(crate) mod ready;
pub(crate) mod registry;
pub(crate) mod remote;
pub(crate) mod timers;
mod waiting;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use crate::asyncio::asyncgens::AsyncGens;
use crate::asyncio::tasks::TaskOptions;
use crate::asyncio::threads::JoinThreads;
use crate::asyncio::threads::jobs::Jobs;
use crate::base::burials::Burials;
use crate::base::log;
use crate::clock::{self, Clock};
use crate::concurrent::ThreadPoolExecutor;
use crate::error::Error;
use crate::error::exceptions::RuntimeError;
use crate::kernel::event_loop::call::Call;
use crate::kernel::event_loop::cycles::Cycles;
use crate::kernel::event_loop::ready::{Other, Ready, ReadyQueue, Run, TIME_IS_UP};
use crate::kernel::event_loop::registry::Registry;
use crate::kernel::event_loop::remote::{Remote, Shared};
use crate::kernel::event_loop::timers::{Action, TimerKey, Timers};
use crate::kernel::handle::AnyFuture;
use crate::kernel::handle::AnyTask;
use crate::kernel::memory::cell::TaskMemory;
use crate::kernel::memory::origin::Origins;
use crate::kernel::reactor::{Readiness, Selector};
use crate::kernel::task::step::Runnable;
use crate::kernel::watch::{Observer, SchedulingPolicy};

/// What was taken from other threads gives its memory back when it has room for more than so many, and little of it was needed.
const MUCH: usize = 4096;

/// With fewer ready tasks than this, what they need is in the cache.
const MANY: usize = 1024;

/// How many steps before its turn the memory of a task is fetched.
const AHEAD: usize = 8;

pub(crate) struct LoopCore {
    pub(crate) clock: Clock,
    pub(crate) shared: Arc<Shared>,
    ready: RefCell<ReadyQueue>,
    /// What other threads have handed in: as many as the `Other::Remotes` say, in this order.
    remote: RefCell<VecDeque<Remote>>,
    /// How many came the last time.
    last_news: Cell<usize>,
    /// There was room for more than `MUCH`, here or where others put what they hand in.
    had_much: Cell<bool>,
    pub(crate) timers: RefCell<Timers>,
    /// Where the loop sleeps. Made for the first descriptor, and for Ctrl-C.
    selector: RefCell<Option<Rc<Selector>>>,
    /// Made for the first descriptor. In a box, to be one word: of two, the compiler writes the second, the table of functions,
    /// also where there is no reactor, and with the table the functions are in every program.
    reactor: RefCell<Option<Box<Rc<dyn Readiness>>>>,
    pub(crate) origins: Origins,
    /// Every task that is not done. The loop owns its tasks: dropping a handle detaches.
    pub(crate) tasks: Registry,
    cycles: Cycles,
    pub(crate) executor: RefCell<Option<ThreadPoolExecutor>>,
    pub(crate) join_threads: Cell<Option<JoinThreads>>,
    pub(crate) executor_shut_down: Cell<bool>,
    pub(crate) parked: crate::asyncio::threads::Parked,
    pub(crate) signals: crate::asyncio::signals::Signals,
    pub(crate) interrupt: RefCell<Option<crate::asyncio::signals::OnInterrupt>>,
    /// Jobs in other threads whose end this loop waits for.
    pub(crate) jobs: Jobs,
    pub(crate) running: Cell<bool>,
    pub(crate) stopping: Cell<bool>,
    closed: Cell<bool>,
    pub(crate) debug: Cell<bool>,
    /// Debug mode is on, or there is an observer or a policy: what only few programs have is asked for in one place.
    pub(crate) instrumented: Cell<bool>,
    pub(crate) slow_callback_duration: Cell<f64>,
    pub(crate) eager_tasks: Cell<bool>,
    /// A task factory of the program's own, and whether there is one.
    pub(crate) change_options: RefCell<Option<Rc<ChangeOptions>>>,
    pub(crate) changes_options: Cell<bool>,
    pub(crate) exception_handler: RefCell<Option<Rc<crate::asyncio::events::ExceptionHandler>>>,
    /// How many errors of futures nobody has seen. As long as there are some, a closed loop keeps its handler for them.
    unseen: Cell<usize>,
    pub(crate) observer: RefCell<Option<Rc<dyn Observer>>>,
    policy: RefCell<Option<Rc<Policy>>>,
    /// Takes the one that the policy chooses, if there is one. Known once there was a policy, so that a program without does
    /// not contain it.
    choose: Cell<Option<Choose>>,
    pub(crate) asyncgens: AsyncGens,
    /// Futures and who waits for them, as far as others have noted it: see `future_add_to_awaited_by`.
    pub(crate) awaited_by: RefCell<Vec<(AnyFuture, AnyFuture)>>,
    /// Run, last first, by `shutdown_asyncgens`: how a crate on top closes what it keeps open per loop.
    pub(crate) shutdown_hooks: RefCell<Vec<crate::asyncio::events::ShutdownHook>>,
    iterations: Cell<u32>,
    /// Steps taken since the descriptors were looked at.
    steps: Cell<usize>,
    /// A deadlock was reported: the loop does not say it again.
    deadlock_reported: Cell<bool>,
    pub(crate) burials: Burials<AnyFuture>,
    /// The slot of a task that waited, when it was last looked for, on what this crate does not know.
    waits_on_others: Cell<u32>,
}

/// It is asked while it may be replaced.
type Policy = RefCell<Box<dyn SchedulingPolicy>>;

/// What a task factory of the program's own does with the options of each task.
type ChangeOptions = dyn Fn(TaskOptions) -> TaskOptions;

/// Takes one of so many entries out of the ready queue.
type Choose = fn(&LoopCore, usize) -> Option<Ready>;

pub(crate) fn running_loop() -> Result<Rc<LoopCore>, RuntimeError> {
    current::with_loop(|running| running.cloned()).ok_or_else(no_running_loop)
}

#[cold]
pub(crate) fn no_running_loop() -> RuntimeError {
    RuntimeError::new("no running event loop")
}

/// What async-task calls to have a task run: in the loop's own thread a push on its queue, elsewhere a message to it.
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
    pub(crate) fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Self {
            clock,
            shared: Shared::new(),
            ready: RefCell::default(),
            remote: RefCell::default(),
            last_news: Cell::new(0),
            had_much: Cell::new(false),
            timers: RefCell::new(Timers::new()),
            selector: RefCell::default(),
            reactor: RefCell::default(),
            origins: Origins::default(),
            tasks: Registry::default(),
            cycles: Cycles::default(),
            executor: RefCell::default(),
            join_threads: Cell::default(),
            executor_shut_down: Cell::new(false),
            parked: crate::asyncio::threads::Parked::default(),
            signals: crate::asyncio::signals::Signals::default(),
            interrupt: RefCell::default(),
            jobs: Jobs::default(),
            running: Cell::new(false),
            stopping: Cell::new(false),
            closed: Cell::new(false),
            debug: Cell::new(false),
            instrumented: Cell::new(false),
            slow_callback_duration: Cell::new(0.1),
            eager_tasks: Cell::new(false),
            change_options: RefCell::default(),
            changes_options: Cell::new(false),
            exception_handler: RefCell::default(),
            unseen: Cell::new(0),
            observer: RefCell::default(),
            policy: RefCell::default(),
            choose: Cell::default(),
            asyncgens: AsyncGens::default(),
            awaited_by: RefCell::default(),
            shutdown_hooks: RefCell::default(),
            iterations: Cell::new(0),
            steps: Cell::new(0),
            deadlock_reported: Cell::new(false),
            burials: Burials::new(),
            waits_on_others: Cell::default(),
        })
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

    /// To be called when debug mode, observer or policy have changed.
    pub(crate) fn note_instruments(&self) {
        let seams = self.observer.borrow().is_some() || self.policy.borrow().is_some();
        self.instrumented.set(self.debug.get() || seams);
    }

    // Queueing.

    /// Queues a callback. On a closed loop it is dropped: nothing will run any more.
    pub(crate) fn call(&self, run: Rc<dyn Run>, key: u32) {
        if self.closed.get() {
            return;
        }
        if !self.running.get() && self.shared.has_news() {
            return self.queue_behind_news(Ready::Other(Other::Call(run, key)));
        }
        self.ready.borrow_mut().push(Other::Call(run, key));
    }

    /// Wake-ups that happened between two runs came in through the remote queue: what is queued now keeps the order.
    #[cold]
    fn queue_behind_news(&self, next: Ready) {
        let woken = self.take_news();
        match next {
            Ready::Task(runnable) => self.ready.borrow_mut().push_task(runnable),
            Ready::Other(other) => self.ready.borrow_mut().push(other),
        }
        // Told last: an observer may close the loop, which must not wait for a task in our hands.
        self.tell_woken(woken);
    }

    /// Queues a call that the loop's own thread has made as other threads do, after what those have handed in by now.
    #[cold]
    pub(crate) fn call_next(&self, call: Call) {
        self.take_remote();
        self.remote.borrow_mut().push_back(Remote::Call(call));
        self.ready.borrow_mut().push(Other::Remotes(1));
    }

    /// It waits for futures that may never complete, and owns them, who own it.
    pub(crate) fn may_own_itself(&self, run: Rc<dyn Run>) {
        if self.closed.get() {
            run.cut();
        } else {
            self.cycles.note(Rc::downgrade(&run));
        }
    }

    /// Queues the first step of a task.
    #[inline]
    pub(crate) fn queue_task(&self, runnable: Runnable) {
        if !self.running.get() && self.shared.has_news() {
            return self.queue_behind_news(Ready::Task(runnable));
        }
        self.ready.borrow_mut().push_task(runnable);
    }

    /// Queues the next step of a task that was woken.
    #[inline]
    fn push_woken(&self, runnable: Runnable) {
        if self.instrumented.get() {
            // Told first: an observer that panics here unwinds through async-task, which takes the step for dropped. (And it cannot
            // close the loop, which runs.)
            self.tell_one_woken(&runnable);
        }
        self.ready.borrow_mut().push_task(runnable);
    }

    #[cold]
    fn tell_one_woken(&self, runnable: &Runnable) {
        self.tell_woken(vec![runnable.task(self)]);
    }

    #[cold]
    fn tell_woken(&self, tasks: Vec<AnyTask>) {
        for task in tasks {
            // Asked for each: it may set another.
            let observer = self.observer.borrow().clone();
            if let Some(observer) = observer {
                observer.woken(&task);
            }
        }
    }

    pub(crate) fn insert_timer(&self, when: f64, action: Action) -> TimerKey {
        self.timers.borrow_mut().insert(when, action)
    }

    /// As `insert_timer`, for one that is due now.
    pub(crate) fn queue_timer(&self, action: Action) -> TimerKey {
        let key = self.timers.borrow_mut().insert_due(action);
        self.ready.borrow_mut().push(Other::Timer(key));
        key
    }

    pub(crate) fn remove_timer(&self, key: TimerKey) {
        // Dropped after the borrow has ended: a dropped waker or closure may run anything.
        let action = self.timers.borrow_mut().remove(key);
        drop(action);
    }

    // Running.

    /// Runs until `stop`: `BaseEventLoop.run_forever`.
    pub(crate) fn run_forever(self: &Rc<Self>) -> Result<(), Error> {
        struct Leave<'a>(&'a LoopCore);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.stopping.set(false);
                self.0.running.set(false);
            }
        }
        self.check_can_run()?;
        self.running.set(true);
        let _leave = Leave(self);
        current::run_loop(self, || {
            loop {
                self.run_once()?;
                if self.stopping.get() {
                    return Ok(());
                }
            }
        })
    }

    /// Is it neither closed, nor does it or another run in this thread?
    pub(crate) fn check_can_run(&self) -> Result<(), RuntimeError> {
        self.check_closed()?;
        if self.running.get() {
            return Err(RuntimeError::new("This event loop is already running"));
        }
        if current::with_loop(|running| running.is_some()) {
            return Err(RuntimeError::new("Cannot run the event loop while another loop is running"));
        }
        Ok(())
    }

    /// One iteration: `BaseEventLoop._run_once`.
    fn run_once(&self) -> Result<(), Error> {
        self.iterations.set(self.iteration().wrapping_add(1));
        self.take_remote();
        self.take_interrupt();
        if !self.ready.borrow().is_empty() || self.stopping.get() {
            self.poll_sometimes();
        } else {
            if self.had_much.get() {
                self.give_back();
            }
            self.wait()?;
        }
        if !self.timers.borrow().is_empty() {
            self.queue_due_timers();
        }
        // What these steps add waits for the next iteration.
        let ready = self.count_ready();
        self.steps.set(self.steps.get().saturating_add(ready));
        for behind in (0..ready).rev() {
            if self.instrumented.get() {
                self.run_instrumented(behind + 1);
            } else {
                if ready > MANY {
                    self.look_ahead();
                }
                let next = self.ready.borrow_mut().pop();
                self.run_ready(next.expect("this many are ready"));
            }
        }
        Ok(())
    }

    /// Nothing is ready, and it may be long until something is: gives back what a burst from outside has needed.
    #[cold]
    fn give_back(&self) {
        self.had_much.set(false);
        self.ready.take();
        self.remote.take();
        self.shared.give_back(MUCH);
    }

    /// Has the memory fetched that will be needed some steps later.
    fn look_ahead(&self) {
        let ready = self.ready.borrow();
        let timers = self.timers.borrow();
        if let Some(key) = ready.timer_at(AHEAD) {
            timers.prefetch(key);
        }
        if let Some(key) = ready.timer_at(AHEAD / 2) {
            timers.prefetch_action(key);
        }
    }

    fn count_ready(&self) -> usize {
        let mut ready = self.ready.borrow_mut();
        ready.give_back();
        ready.len()
    }

    #[cold]
    fn run_instrumented(&self, left: usize) {
        let next = self.take_next(left);
        if self.debug.get() { self.run_watched(next) } else { self.run_ready(next) }
    }

    /// Takes the next of the first `left` entries: the first, unless a policy says otherwise.
    fn take_next(&self, left: usize) -> Ready {
        let chosen = self.choose.get().and_then(|choose| choose(self, left));
        chosen.or_else(|| self.ready.borrow_mut().pop()).expect("this many are ready")
    }

    /// Has this policy choose who runs next.
    pub(crate) fn set_policy(&self, policy: Option<Box<dyn SchedulingPolicy>>) {
        self.choose.set(Some(|core, left| {
            // Asked before the queue is borrowed: a policy may queue something itself.
            // It may also set another, so it is not borrowed where that is kept.
            let policy = core.policy.borrow().clone()?;
            let index = policy.borrow_mut().next(left).min(left - 1);
            core.ready.borrow_mut().remove(index)
        }));
        self.policy.replace(policy.map(|policy| Rc::new(RefCell::new(policy))));
        self.note_instruments();
    }

    #[inline]
    fn run_ready(&self, next: Ready) {
        match next {
            Ready::Task(runnable) => runnable.run(self),
            Ready::Other(other) => self.run_other(other),
        }
    }

    #[inline(never)]
    fn run_other(&self, other: Other) {
        match other {
            Other::Call(run, key) => run.run(key),
            Other::Timer(key) => self.fire(key),
            Other::Remotes(count) => self.run_remotes(count),
        }
    }

    fn next_remote(&self) -> Remote {
        self.remote.borrow_mut().pop_front().expect("there are as many as the entries say")
    }

    fn run_remotes(&self, count: usize) {
        /// What is left of them when something unwinds comes next all the same.
        struct Left<'a>(&'a LoopCore, usize);
        impl Drop for Left<'_> {
            fn drop(&mut self) {
                if self.1 > 0 {
                    self.0.ready.borrow_mut().push_front(Other::Remotes(self.1));
                }
            }
        }
        self.steps.set(self.steps.get().saturating_add(count - 1));
        let mut left = Left(self, count);
        while left.1 > 0 {
            left.1 -= 1;
            match self.next_remote() {
                Remote::Task(runnable) => runnable.run(self),
                Remote::Call(mut call) => {
                    let vars = call.vars.take();
                    let name = call.name();
                    crate::kernel::event_loop::callback::run_callback(self, vars, &|| format!("{name}()"), || {
                        (call.f)()
                    });
                }
            }
        }
    }

    fn fire(&self, key: TimerKey) {
        let action = self.timers.borrow_mut().fire(key);
        match action {
            Some(Action::Wake(sleeper)) => sleeper.wake(),
            Some(Action::Cancel(task)) => _ = task.cancel(),
            Some(Action::Call(run)) => run.run(TIME_IS_UP),
            None => {}
        }
    }

    /// As `run_ready`, and complains about a step that holds the loop up for too long (debug mode).
    fn run_watched(&self, next: Ready) {
        let name = match &next {
            Ready::Task(_) => None,
            Ready::Other(Other::Call(run, _)) => Some(format!("<Handle {}>", run.describe())),
            Ready::Other(Other::Timer(_)) => Some("<TimerHandle>".to_owned()),
            Ready::Other(Other::Remotes(_)) => match self.remote.borrow().front() {
                Some(Remote::Call(call)) => Some(format!("<Handle {}()>", call.name())),
                _ => None,
            },
        };
        let start = clock::real_now();
        crate::kernel::task::step::forget_last_step();
        self.run_ready(next);
        let took = clock::real_now() - start;
        if took >= self.slow_callback_duration.get() {
            let name = name.unwrap_or_else(crate::kernel::task::step::describe_last_step);
            // In whole numbers: printing others is a large part of a small program.
            let ms = (took * 1e3).round() as u64;
            log::warning(format_args!("Executing {name} took {}.{:03} seconds", ms / 1000, ms % 1000));
        }
        crate::kernel::task::step::forget_last_step();
    }

    fn queue_due_timers(&self) {
        let mut timers = self.timers.borrow_mut();
        let now = self.time();
        let mut end = now + CLOCK_RESOLUTION;
        if end == now {
            // It is so late that adding the resolution changes nothing.
            end = now.next_up();
        }
        let mut ready = self.ready.borrow_mut();
        timers.take_due(end, |key| ready.push(Other::Timer(key)));
    }

    /// Moves what other threads handed in to the ready queue.
    #[inline]
    pub(crate) fn take_remote(&self) {
        if self.shared.has_news() {
            self.hear_news();
        }
    }

    #[cold]
    fn hear_news(&self) {
        let woken = self.take_news();
        self.tell_woken(woken);
    }

    /// Gives the tasks that were woken, for the observer, if the loop is instrumented.
    #[cold]
    fn take_news(&self) -> Vec<AnyTask> {
        let mut remote = self.remote.borrow_mut();
        let old = remote.len();
        if old == 0 && remote.capacity() > MUCH && remote.capacity() / 8 > self.last_news.get() {
            *remote = VecDeque::new();
        }
        self.shared.take(&mut remote);
        let count = remote.len() - old;
        self.last_news.set(count);
        if remote.capacity() > MUCH {
            self.had_much.set(true);
        }
        if count == 0 {
            return Vec::new();
        }
        if !self.instrumented.get() {
            self.ready.borrow_mut().push(Other::Remotes(count));
            Vec::new()
        } else {
            // One by one: they keep their order, but a policy may run others in between.
            (0..count).for_each(|_| self.ready.borrow_mut().push(Other::Remotes(1)));
            let woken = remote.range(old..).filter_map(|item| match item {
                Remote::Task(runnable) => Some(runnable.task(self)),
                Remote::Call(_) => None,
            });
            woken.collect()
        }
    }

    fn take_interrupt(&self) {
        let on_interrupt = self.interrupt.borrow().as_ref().and_then(crate::asyncio::signals::OnInterrupt::take);
        if let Some(on_interrupt) = on_interrupt {
            on_interrupt();
        }
    }

    // The end.

    /// Closes the loop: ends every task by dropping its coroutine, forgets timers, callbacks and descriptors.
    pub(crate) fn close(self: &Rc<Self>) {
        if self.closed.replace(true) {
            return;
        }
        self.shared.close();
        // Aborting wakes every task; run as if inside the loop, so that wake-ups come straight to its queue.
        current::run_loop(self, || {
            crate::kernel::task::destroy::destroy_all(&self.tasks.all());
            loop {
                self.take_remote();
                let next = self.ready.borrow_mut().pop();
                match next {
                    Some(Ready::Task(runnable)) => runnable.run(self),
                    Some(Ready::Other(Other::Remotes(count))) => {
                        for _ in 0..count {
                            if let Remote::Task(runnable) = self.next_remote() {
                                runnable.run(self);
                            }
                        }
                    }
                    Some(_) => {}
                    // A wake-up from another thread may be under way with a task that it has already claimed.
                    None if self.tasks.count() > 0 => std::thread::yield_now(),
                    None => break,
                }
            }
        });
        let actions = self.timers.borrow_mut().clear();
        drop(actions);
        self.cycles.cut();
        self.parked.clear();
        self.signals.clear();
        if let Some(reactor) = self.reactor.take() {
            reactor.close();
        }
        self.selector.take();
        if let Some(executor) = self.executor.take() {
            executor.shutdown(false, false);
        }
        self.shutdown_hooks.take();
        self.awaited_by.take();
        self.change_options.take();
        self.changes_options.set(false);
        self.observer.take();
        self.policy.take();
        self.let_go_of_handler();
        log::settle();
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

    /// The handler of a closed loop goes when there is nothing left to tell it: it may own the loop.
    #[cold]
    fn let_go_of_handler(&self) {
        if self.unseen.get() == 0 {
            let handler = self.exception_handler.take();
            drop(handler);
        }
    }
}

/// The resolution of the clock, by which timers may be early (`time.get_clock_info('monotonic').resolution`).
const CLOCK_RESOLUTION: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventLoop;

    #[test]
    fn the_memory_of_a_flood_from_outside_is_kept_as_long_as_it_lasts_and_given_back() {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let handle = event_loop.handle();
        let flood = 20 * MUCH;
        let room_after = |messages| {
            (0..messages).for_each(|_| handle.call_soon_threadsafe(|| ()).unwrap());
            event_loop.run_until_complete(async { Ok(()) }).unwrap();
            event_loop.core().remote.borrow().capacity()
        };
        room_after(flood);
        room_after(flood);
        // What comes now was put where the first flood had been.
        assert!(room_after(1) >= flood);
        room_after(1);
        assert!([1, 1].map(room_after).iter().all(|room| *room <= MUCH));
        // A loop that has nothing to do does not wait for the next call.
        room_after(flood);
        room_after(1);
        event_loop.run_until_complete(crate::sleep(1)).unwrap();
        assert_eq!((event_loop.core().remote.borrow().capacity(), event_loop.core().shared.room()), (0, 0));
    }
}
