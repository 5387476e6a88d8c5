//! How the loop waits for a timer, a descriptor or another thread, and what it reports if none of these can come.
//!
//! It sleeps in its selector, which is made for the first descriptor; without one its thread is parked. `Shared::sleep` makes sure
//! that no message from another thread is missed.

use std::rc::Rc;
use std::time::Duration;

use asyncio_clock::{self as clock, Clock, machine::real_now};
use asyncio_errors::Error;

use super::LoopCore;
use crate::kernel::event_loop::ready::{Other, Run};
use crate::kernel::handle::AnyFuture;
use crate::kernel::memory::cell::Kind;
use crate::kernel::tenant::Tenant;
use crate::kernel::watch::LoopEvent;
use asyncio_selectors::selector::{Found, Selector, check_can_wait};

/// The longest single wait, as in asyncio (`MAXIMUM_SELECT_TIMEOUT`), so that a deadline too far away for the system's clock
/// does no harm.
const MAXIMUM_WAIT: f64 = 24.0 * 3600.0;

/// How long a loop under the virtual clock waits for a future of another crate.
const PATIENCE: Duration = Duration::from_secs(1);

/// While there is work, the loop looks at its descriptors only after this many steps, because a look is a system call.
const POLL_AFTER: usize = 32;

/// What the loop needs from its reactor. The loop does not know its type, so that a program without descriptors, which never
/// makes a reactor, does not contain its code.
pub(crate) trait EventTarget: Tenant {
    /// Queues the callbacks that this event calls for.
    fn found(&self, found: &Found, queue: &mut dyn FnMut(Rc<dyn Run>, u32));
}

impl LoopCore {
    /// While there is work: looks at the descriptors now and then.
    pub(super) fn poll_sometimes(&self) {
        if self.steps.get() >= POLL_AFTER
            && self.reactor.borrow().as_ref().is_some_and(|reactor| reactor.is_expecting())
        {
            self.poll(Some(Duration::ZERO));
        }
    }

    /// Nothing is ready: waits for a timer, a descriptor or another thread.
    pub(super) fn wait(&self) -> Result<(), Error> {
        if self.waits.replace(self.waits.get().wrapping_sub(1)) == 0 && (self.diagnosis.look)(self) {
            return Ok(());
        }
        let deadline = self.timers.borrow_mut().next_deadline();
        let outside = self.tenants.are_expecting();
        let timeout = match deadline {
            Some(when) if self.clock == Clock::Virtual && !outside => {
                if self.instrumented.get() {
                    self.jump(self.advance_to(when));
                } else {
                    clock::advance_virtual(when);
                }
                return Ok(());
            }
            // Rounded up to the millisecond, as asyncio's selectors do: one wake-up serves all timers within it.
            Some(when) => {
                let seconds = (when - self.time()).clamp(0.0, MAXIMUM_WAIT);
                Some(Duration::from_millis((seconds * 1e3).ceil() as u64))
            }
            None => {
                // In real time, a loop without tasks may wait for something that a callback has started, and a guest for its
                // host.
                let hopeless = self.clock == Clock::Virtual || (self.tasks.count() > 0 && !self.guest.get());
                if hopeless && !outside && self.shared.is_deserted() {
                    if self.clock == Clock::Virtual && self.waits_on_others() {
                        return self.wait_for_others();
                    }
                    (self.diagnosis.deadlock)(self)?;
                }
                None
            }
        };
        // Read only where it matters, because reading the clock for each wait is expensive.
        self.tell(|| LoopEvent::Idle(timeout.map(|timeout| timeout.as_secs_f64())));
        let mut start = if self.clock == Clock::Virtual { Some(real_now()) } else { None };
        if self.guest.get() {
            // A host has waited since an earlier iteration.
            start = self.idle_since.get().or(start);
            self.idle_since.set(start);
            self.poll(Some(Duration::ZERO));
        } else {
            check_can_wait()?;
            self.shared.sleep(|| self.poll(timeout));
        }
        if let (Some(start), Some(when), Some(timeout)) = (start, deadline, timeout)
            && real_now() - start >= timeout.as_secs_f64()
        {
            // The loop was waiting for something outside, but the timer came first.
            self.jump(when);
        }
        Ok(())
    }

    /// For the virtual clock: a task waits on a future of another crate, and another thread may wake it. It is a deadlock only if
    /// nothing comes for a while of real time.
    #[cold]
    fn wait_for_others(&self) -> Result<(), Error> {
        check_can_wait()?;
        let start = real_now();
        self.shared.sleep(|| self.poll(Some(PATIENCE)));
        let in_vain = self.ready.borrow().is_empty() && !self.shared.has_news();
        if in_vain && real_now() - start >= PATIENCE.as_secs_f64() { (self.diagnosis.deadlock)(self) } else { Ok(()) }
    }

    /// Moves the virtual clock forward.
    pub(super) fn jump(&self, to: f64) {
        let from = self.time();
        clock::advance_virtual(to);
        if to > from {
            self.tell(|| LoopEvent::TimeJumps { from, to });
        }
    }

    /// The seconds that a host may wait until the guest has something to do, if nothing happens outside.
    pub(crate) fn next_timeout(&self) -> Option<f64> {
        if !self.ready.borrow().is_empty() || self.shared.has_news() {
            return Some(0.0);
        }
        let deadline = self.timers.borrow_mut().next_deadline();
        // Virtual time jumps, or nothing can go on, which is an error.
        let is_alone = self.clock == Clock::Virtual && !self.tenants.are_expecting();
        if is_alone && (deadline.is_some() || self.shared.is_deserted()) {
            return Some(0.0);
        }
        let delay = deadline? - self.time();
        let waited = self.idle_since.get().map_or(0.0, |since| real_now() - since);
        Some((delay - waited).max(0.0))
    }

    /// Waits in the selector if there is one; otherwise parks the thread.
    fn poll(&self, timeout: Option<Duration>) {
        self.steps.set(0);
        match &*self.selector.borrow() {
            // Events are queued in the order in which the system reports them. Nothing else runs meanwhile, so everything can be
            // borrowed once.
            Some(selector) => {
                let reactor = self.reactor.borrow();
                let mut ready = self.ready.borrow_mut();
                let known = ready.others();
                let waited = selector.wait(timeout, |found| {
                    if let Some(reactor) = &*reactor {
                        reactor.found(&found, &mut |run, key| ready.push(Other::Call(run, key)));
                    }
                });
                if let Err(error) = waited {
                    panic!("waiting for descriptors failed: {error}");
                }
                let new = ready.others() - known;
                drop((ready, reactor));
                if self.instrumented.get() {
                    self.tell_queued(new);
                }
            }
            None => match timeout {
                Some(Duration::ZERO) => {}
                Some(timeout) => std::thread::park_timeout(timeout),
                None => std::thread::park(),
            },
        }
    }

    /// Does a task wait on something foreign, such as another crate's channel, so that another thread may have its waker?
    #[cold]
    pub(crate) fn waits_on_others(&self) -> bool {
        let waits = |task: &AnyFuture| matches!(task.kind(), Kind::Task(core) if core.may_wait_for_others());
        // Usually the same task as last time, so that not every wait walks through all tasks.
        let found = self.tasks.find(self.waits_on_others.get(), waits);
        self.waits_on_others.set(found.unwrap_or(0));
        found.is_some()
    }

    /// The selector, in which the loop sleeps once it is made.
    pub(crate) fn selector(&self) -> std::io::Result<Rc<Selector>> {
        let known = self.selector.borrow().clone();
        if let Some(selector) = known {
            return Ok(selector);
        }
        let selector = Rc::new(Selector::new()?);
        self.shared.set_bell(selector.bell());
        self.selector.replace(Some(Rc::clone(&selector)));
        Ok(selector)
    }

    /// Sets the target of the selector's events.
    pub(crate) fn set_reactor(&self, reactor: Rc<dyn EventTarget>) {
        self.reactor.replace(Some(Box::new(reactor)));
    }
}
