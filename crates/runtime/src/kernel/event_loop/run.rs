//! Running: `run_forever` and the iteration of the loop (`BaseEventLoop.run_forever`, `_run_once`).
//!
//! The scheduling contract is `run_once`: it collects outside events, appends the timers that are due, and then runs exactly
//! the entries that are ready at that moment.

use std::rc::Rc;

use asyncio_clock::Clock;
use asyncio_errors::{Error, RuntimeError};

use super::{LoopCore, current};
use crate::kernel::event_loop::ready::{Other, Ready, TIME_IS_UP};
use crate::kernel::event_loop::timers::{Action, TimerKey};
use crate::kernel::watch::{LoopEvent, Scheduled};

/// The resolution of the clock; timers may be early by this much (`time.get_clock_info('monotonic').resolution`).
const CLOCK_RESOLUTION: f64 = 1e-9;

/// With more timers than this in the queue, memory is prefetched; fewer fit into the cache.
const MANY: usize = 1024;

/// How many timers ahead.
const AHEAD: usize = 8;

impl LoopCore {
    /// Runs until `stop`.
    pub(crate) fn run_forever(self: &Rc<Self>) -> Result<(), Error> {
        self.run(|| {
            loop {
                self.run_once()?;
                if self.stopping.get() {
                    return Ok(());
                }
            }
        })
    }

    /// Runs one iteration, which does not sleep. Returns whether the loop was stopped.
    pub(crate) fn run_guest(self: &Rc<Self>) -> Result<bool, Error> {
        let stopped = self.run(|| {
            self.guest.set(true);
            let before = self.steps.take();
            self.run_once()?;
            if self.steps.get() > 0 {
                self.idle_since.set(None);
            }
            self.steps.set(self.steps.get().saturating_add(before));
            Ok(self.stopping.get())
        });
        self.shared.fall_asleep();
        stopped
    }

    fn run<R>(self: &Rc<Self>, f: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        struct Leave<'a>(&'a LoopCore);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.guest.set(false);
                self.0.stopping.set(false);
                self.0.running.set(false);
            }
        }
        self.check_can_run()?;
        self.running.set(true);
        let _leave = Leave(self);
        self.shared.wake_up();
        current::run_loop(self, f)
    }

    /// Returns an error if the loop is closed, or if it or another loop is running in this thread.
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

    /// One iteration.
    #[inline(always)]
    fn run_once(&self) -> Result<(), Error> {
        self.iterations.set(self.iteration().wrapping_add(1));

        // 1. Input from other threads: wake-ups and calls join the ready queue, in the order of their arrival.
        self.take_remote();

        // 2. Ctrl-C: cancels the main task, which queues it.
        let interrupt = self.interrupt.borrow().as_ref().and_then(super::Interrupt::take);
        if let Some(call) = interrupt {
            call();
        }

        // 3. Events of descriptors are queued. If nothing is ready, the loop sleeps here until there is an event, a message from
        //    another thread, or a timer that is due. Otherwise it looks now and then, without sleeping.
        if !self.ready.borrow().is_empty() || self.stopping.get() {
            self.poll_sometimes();
        } else {
            self.wait()?;
        }

        // 4. Timers that are due are queued, by deadline and then by creation.
        if !self.timers.borrow().is_empty() {
            self.queue_due_timers();
        }

        // 5. What is ready now runs, and nothing else: what these steps add waits for the next iteration.
        let ready = self.count_ready();
        self.steps.set(self.steps.get().saturating_add(ready));
        for behind in (0..ready).rev() {
            if self.instrumented.get() {
                self.run_instrumented(behind + 1, ready);
            } else {
                let next = self.ready.borrow_mut().pop();
                self.run_ready(next.expect("this many are ready"));
            }
        }
        Ok(())
    }

    fn queue_due_timers(&self) {
        if self.instrumented.get() {
            return self.queue_due_instrumented();
        }
        let mut ready = self.ready.borrow_mut();
        self.timers.borrow_mut().take_due(self.end_of_now(), |key| ready.push(Other::Timer(key)));
    }

    /// Timers before this are due.
    fn end_of_now(&self) -> f64 {
        let now = self.time();
        let end = now + CLOCK_RESOLUTION;
        // For large enough times, adding the resolution changes nothing.
        if end > now { end } else { now.next_up() }
    }

    /// The number of entries that this iteration runs. Frees the memory of a burst that has ended.
    fn count_ready(&self) -> usize {
        let mut ready = self.ready.borrow_mut();
        ready.give_back();
        ready.len()
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
            Other::Remote(mut call) => call.run(self),
        }
    }

    fn fire(&self, key: TimerKey) {
        self.look_ahead();
        let action = self.timers.borrow_mut().fire(key);
        match action {
            Some(Action::Wake(sleeper)) => sleeper.wake(),
            Some(Action::Cancel(task)) => _ = task.cancel(),
            Some(Action::Call(run)) => run.run(TIME_IS_UP),
            None => {}
        }
    }

    /// Many timers are due: prefetches the memory that the next ones need.
    #[inline]
    fn look_ahead(&self) {
        let ready = self.ready.borrow();
        if ready.others() > MANY {
            let timers = self.timers.borrow();
            if let Some(key) = ready.timer_at(AHEAD) {
                timers.prefetch(key);
            }
            if let Some(key) = ready.timer_at(AHEAD / 2) {
                timers.prefetch_action(key);
            }
        }
    }

    // With instruments: debug mode, an observer or a policy.

    /// Runs one entry; `left` of the pass's `all` entries remain.
    #[cold]
    fn run_instrumented(&self, left: usize, all: usize) {
        if left == all {
            self.tell_all(LoopEvent::PassBegins(all));
        }
        let index = self.choose(left);
        let next = self.ready.borrow_mut().remove(index).expect("this many are ready");
        let call = match &next {
            Ready::Task(_) => None,
            Ready::Other(other) => Some(Scheduled::of(other, self)),
        };
        call.iter().for_each(|call| self.tell_all(LoopEvent::CallBegins(call)));
        self.run_ready(next);
        call.iter().for_each(|call| self.tell_all(LoopEvent::CallEnds(call)));
        if left == 1 {
            self.tell_all(LoopEvent::PassEnds);
        }
    }

    #[cold]
    fn queue_due_instrumented(&self) {
        if !self.ready.borrow().is_empty() {
            self.let_time_pass();
        }
        let mut due = Vec::new();
        let mut timers = self.timers.borrow_mut();
        timers.take_due(self.end_of_now(), |key| due.push(key));
        // A cancelled timer is an entry that does nothing. A policy could choose it, and the order of the others would then
        // depend on when the heap drops cancelled timers.
        if self.policy.borrow().is_some() {
            due.retain(|key| timers.is_armed(*key));
        }
        drop(timers);
        let count = due.len();
        due.into_iter().for_each(|key| self.ready.borrow_mut().push(Other::Timer(key)));
        self.tell_queued(count);
    }

    /// While something is ready, the virtual clock stands still, unless a policy lets time pass.
    fn let_time_pass(&self) {
        let deadline = self.timers.borrow_mut().next_deadline();
        if let (Some(deadline), Clock::Virtual) = (deadline, self.clock) {
            self.jump(self.advance_to(deadline));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Clock, EventLoop};

    #[test]
    fn the_memory_of_a_flood_from_outside_is_kept_while_it_lasts_and_then_given_back() {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let handle = event_loop.handle();
        let room_after = |messages| {
            (0..messages).for_each(|_| handle.call_soon_threadsafe(|| ()).unwrap());
            event_loop.run_until_complete(async { Ok(()) }).unwrap();
            event_loop.core().ready.borrow().room()
        };
        let flood = 80_000;
        assert!(room_after(flood) < flood);
        let sizes = [flood, flood].map(|messages| {
            let stop = event_loop.clone();
            (0..messages).for_each(|_| handle.call_soon_threadsafe(|| ()).unwrap());
            stop.stop();
            event_loop.run_forever().unwrap();
            event_loop.core().ready.borrow().room()
        });
        assert!(sizes.iter().all(|room| *room >= flood));
        assert!(room_after(1) <= 4096);
    }
}
