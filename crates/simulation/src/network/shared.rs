//! `Shared`: the state that all machines of a network share, and the delay between them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use asyncio_runtime::get_running_loop;

use super::faults::Faults;
use super::host::{Host, bound};
use crate::fault::Fault;

/// How much later a segment may arrive, in seconds.
const EXTRA: [f64; 5] = [0.0, 0.001, 0.02, 0.2, 3.0];

/// How long two machines may be unable to reach each other, in seconds; 0 is the ordinary case.
const APART: [f64; 4] = [0.0, 0.2, 5.0, 60.0];

/// How long a machine may be down, in seconds.
const DOWN: [f64; 4] = [0.0, 0.2, 5.0, 60.0];

pub(super) struct Shared {
    pub(super) hosts: RefCell<Vec<Rc<Host>>>,
    /// The pairs of hosts that cannot reach each other, the lower index first.
    cuts: RefCell<BTreeSet<(usize, usize)>>,
    pub(super) faults: Cell<Faults>,
    pub(super) latency: Cell<f64>,
    /// In bytes a second.
    pub(super) bandwidth: Cell<f64>,
    /// How many bytes in one direction may be on their way or wait to be read.
    pub(super) buffer: Cell<usize>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            hosts: RefCell::default(),
            cuts: RefCell::default(),
            faults: Cell::default(),
            latency: Cell::new(0.0),
            bandwidth: Cell::new(f64::INFINITY),
            buffer: Cell::new(512 * 1024),
        }
    }

    pub(super) fn host_named(&self, name: &str) -> Option<Rc<Host>> {
        self.hosts.borrow().iter().find(|host| host.name == name).cloned()
    }

    /// The host that a packet from `from` reaches.
    pub(super) fn host_at(&self, from: &Rc<Host>, to: IpAddr) -> Option<Rc<Host>> {
        if to.is_unspecified() || from.has(to) {
            return Some(Rc::clone(from));
        }
        self.hosts.borrow().iter().find(|host| host.address == to).cloned()
    }

    /// Can a packet pass?
    pub(super) fn is_open(&self, one: &Host, other: &Host) -> bool {
        one.is_up.get() && other.is_up.get() && !self.cuts.borrow().contains(&pair(one, other))
    }

    pub(super) fn cut(&self, one: &Host, other: &Host) {
        if one.index != other.index {
            self.cuts.borrow_mut().insert(pair(one, other));
        }
    }

    /// Lets packets pass again. Those lost meanwhile are sent once more.
    pub(super) fn heal(&self, one: &Host, other: &Host) {
        self.cuts.borrow_mut().remove(&pair(one, other));
        bound(&one.ends).into_iter().chain(bound(&other.ends)).for_each(|end| end.deliver());
    }

    pub(super) fn heal_all(&self) {
        self.cuts.borrow_mut().clear();
        let hosts = self.hosts.borrow().clone();
        hosts.iter().flat_map(|host| bound(&host.ends)).for_each(|end| end.deliver());
    }

    /// How long the next bytes or messages take from one machine to the other, not counting the bandwidth.
    pub(super) fn delay(&self) -> f64 {
        self.latency.get() + self.faults.get().pick(Fault::Delay, EXTRA)
    }

    /// May cut two machines off from each other when one sends something to the other.
    pub(super) fn may_part(self: &Rc<Self>, from: &Rc<Host>, to: &Rc<Host>) {
        if from.index == to.index || !self.is_open(from, to) {
            return;
        }
        let apart = self.faults.get().pick(Fault::Partition, APART);
        if apart > 0.0 {
            self.cut(from, to);
            let (shared, from, to) = (Rc::clone(self), Rc::clone(from), Rc::clone(to));
            after(apart, move || shared.heal(&from, &to));
        }
    }

    /// May crash a machine that has sent or received something.
    pub(super) fn may_crash(&self, host: &Host) {
        let crash = host.crash.borrow().clone();
        let Some(crash) = crash.filter(|_| host.is_up.get()) else { return };
        let down = self.faults.get().pick(Fault::Crash, DOWN);
        if down > 0.0 {
            // Not now: the machine is in the middle of something.
            after(0.0, move || crash(down));
        }
    }
}

fn pair(one: &Host, other: &Host) -> (usize, usize) {
    (one.index.min(other.index), one.index.max(other.index))
}

/// The time of the running loop.
pub(super) fn now() -> f64 {
    get_running_loop().map_or(0.0, |event_loop| event_loop.time())
}

/// Calls `f` after `seconds`; at once where no loop is running, because everything is ending.
pub(super) fn after(seconds: f64, f: impl FnOnce() + 'static) {
    match get_running_loop() {
        // Fails only on a closed loop, where nothing will happen any more.
        Ok(event_loop) => _ = event_loop.call_later(seconds, f),
        Err(_) => f(),
    }
}
