//! A worker: it takes pages from the frontier, requests them, and reports the result of each.
//!
//! The core idea: a slot is a task that has one page at a time. When a slot finishes a page, the frontier gives it the next one
//! in the same request; a slot that gets none ends. `run` starts slots as long as hosts may be asked, and sleeps otherwise.
//! Whatever is wrong with a page is an outcome; only the frontier's own failure ends a worker.

mod rules;
mod visit;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use asyncio::{Event, Result, TaskGroup, TimeoutError, get_running_loop, timeout};
use asyncio_http::ClientSession;

use crate::frontier::{End, Frontier, Host, Lease, Settings};
use crate::report::Report;
use crate::robots::Rules;

/// The longest sleep of a worker that has nothing to do: other workers may have found pages.
const NAP: f64 = 1.0;

/// One of the processes that crawl together.
pub struct Worker<F> {
    frontier: Rc<F>,
    settings: Settings,
    session: ClientSession,
    rules: Rules,
    report: Rc<Report>,
    name: String,
    leases: Cell<u64>,
    slots: usize,
    /// The pages that the slots have, by token, so that they can be given back at the end.
    held: RefCell<HashMap<String, Lease>>,
    /// Tokens of leases that were requested from the frontier, whose answer has not come.
    requested: RefCell<HashSet<String>>,
    /// The hosts that slots have entered without a page, or try to, by token.
    entered: RefCell<HashMap<String, String>>,
    running: Cell<usize>,
    /// A slot has ended, or there are hosts to ask that no slot knows about.
    changed: Event,
}

/// A lease, and the loop's time before it was requested from the frontier: the lease began later than that.
struct Held {
    lease: Lease,
    since: f64,
    /// The number of bytes that were received for it.
    received: Cell<u64>,
}

impl Held {
    fn add_received(&self, bytes: u64) {
        self.received.set(self.received.get() + bytes);
    }
}

impl<F: Frontier + 'static> Worker<F> {
    /// A worker that requests at most `slots` pages at once.
    ///
    /// # Errors
    ///
    /// Fails if the settings' agent cannot be the value of a header.
    pub fn new(frontier: Rc<F>, settings: Settings, slots: usize, report: Rc<Report>) -> Result<Rc<Self>> {
        let session = ClientSession::new()
            .limit(slots.max(100))
            .limit_per_host(1)
            .allow_redirects(false)
            .timeout(settings.timeout)
            .user_agent(&settings.agent)?;
        Ok(Rc::new(Self {
            frontier,
            settings,
            session,
            rules: Rules::default(),
            report,
            name: format!("{}-{:08x}", std::process::id(), fastrand::u32(..)),
            leases: Cell::new(0),
            slots,
            held: RefCell::default(),
            requested: RefCell::default(),
            entered: RefCell::default(),
            running: Cell::new(0),
            changed: Event::new(),
        }))
    }

    /// Works until nothing is left to do for any worker.
    ///
    /// # Errors
    ///
    /// Those of the frontier. `CancelledError`; the pages in hand are given back.
    pub async fn run(self: &Rc<Self>) -> Result<()> {
        let worked = TaskGroup::new().run(async |group| self.dispatch(&group).await).await;
        if worked.is_err() {
            self.give_back_all().await;
        }
        worked
    }

    async fn dispatch(self: &Rc<Self>, group: &TaskGroup) -> Result<()> {
        loop {
            self.changed.clear();
            let free = self.slots - self.running.get();
            let mut nap = NAP;
            if free > 0 {
                let since = get_running_loop()?.time();
                let tokens: Vec<String> = (0..free).map(|_| self.token()).collect();
                self.requested.borrow_mut().extend(tokens.iter().cloned());
                let taken = self.frontier.take(tokens.clone(), &self.settings).await?;
                for token in &tokens {
                    self.requested.borrow_mut().remove(token);
                }
                let held: Vec<Held> = taken.leases.into_iter().map(|lease| self.hold(lease, since)).collect();
                if taken.finished && self.running.get() == 0 {
                    return Ok(());
                }
                nap = taken.wait.clamp(0.001, NAP);
                for held in held {
                    self.running.set(self.running.get() + 1);
                    group.create_task(Rc::clone(self).slot(held))?;
                }
            }
            match timeout(nap).run(async |_| self.changed.wait().await).await {
                Err(error) if error.is::<TimeoutError>() => {}
                changed => drop(changed?),
            }
        }
    }

    // ANCHOR: slot
    /// Handles one page after the other, until the frontier has none for now.
    async fn slot(self: Rc<Self>, first: Held) -> Result<()> {
        let mut next = Some(first);
        while let Some(held) = next {
            let (end, host) = self.visit(&held).await?;
            let (since, token, received) = (get_running_loop()?.time(), self.token(), held.received.get());
            self.requested.borrow_mut().insert(token.clone());
            let commit =
                self.frontier.end(&held.lease, end.clone(), host, received, Some(token.clone()), &self.settings);
            let ended = commit.await?;
            self.requested.borrow_mut().remove(&token);
            self.held.borrow_mut().remove(&held.lease.token);
            self.report.ended(&held.lease, &end, host, ended.lost, since - held.since);
            if ended.more {
                self.changed.set();
            }
            next = ended.lease.map(|lease| self.hold(lease, since));
        }
        self.running.set(self.running.get() - 1);
        self.changed.set();
        Ok(())
    }
    // ANCHOR_END: slot

    /// A page that the worker has from now on.
    fn hold(&self, lease: Lease, since: f64) -> Held {
        self.held.borrow_mut().insert(lease.token.clone(), lease.clone());
        Held { lease, since, received: Cell::new(0) }
    }

    fn token(&self) -> String {
        self.leases.set(self.leases.get() + 1);
        format!("{}-{}", self.name, self.leases.get())
    }

    /// Called at an early end, so that other workers need not wait until the leases expire.
    async fn give_back_all(&self) {
        let limit = timeout(5);
        let giving = limit.run(async |_| {
            let (entered, delay) = (self.entered.take(), self.settings.delay);
            for (token, host) in entered {
                self.frontier.leave(&host, &token, delay).await?;
            }
            let held: Vec<Lease> = self.held.take().into_values().collect();
            for lease in held {
                self.give_back(&lease, Host::Asked(delay)).await?;
            }
            // The frontier may have granted leases in answers that never came. It repeats those, and grants no others.
            let none = Settings { max_pages: 0, ..self.settings.clone() };
            let requested: Vec<String> = self.requested.take().into_iter().collect();
            for token in requested {
                for lease in self.frontier.take(vec![token], &none).await?.leases {
                    self.give_back(&lease, Host::Untouched).await?;
                }
            }
            Ok(())
        });
        // Leases that cannot be given back will expire.
        drop(giving.await);
    }

    async fn give_back(&self, lease: &Lease, host: Host) -> Result<()> {
        self.frontier.end(lease, End::GiveBack(false), host, 0, None, &self.settings).await.map(drop)
    }
}
