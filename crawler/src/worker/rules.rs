//! How a worker gets the rules of an origin: from the frontier, or by a request for robots.txt, wherever that has moved to.
//!
//! The core idea: each request needs the gate of the host that it goes to. That of the page's own host comes with the lease; for
//! another host, to which robots.txt has moved, the worker enters a second one, and keeps it while redirects stay on that host.
//! Pauses between requests to one host are made within the lease. Whatever cannot be done within it counts as an attempt, so a
//! page is not tried for ever.

use std::collections::HashMap;
use std::rc::Rc;

use asyncio::{Result, get_running_loop, sleep};
use asyncio_http::ClientResponse;
use robotxt::{BYTE_LIMIT, Robots};
use url::Url;

use super::visit::{Fault, delay_of, failed, retry_after, too_slow};
use super::{Held, Worker};
use crate::frontier::{End, Frontier, Gate, Host, Lease};
use crate::normal;
use crate::robots::{parse, text_for, text_of};

/// The maximum number of redirects of a robots.txt; RFC 9309 asks for at least five.
const HOPS: u32 = 5;

/// What is known about an origin's robots.txt.
pub(super) enum Known {
    Rules(Rc<Robots>),
    /// It was requested, or could not be: the page has to wait for its turn again.
    Later(End, Host),
}

/// What a request for robots.txt led to.
enum Fetched {
    Text(String),
    /// It is there.
    Moved(Url),
    /// The host gives no answer that counts: status, reason, and how long it asks to be left alone.
    Nothing(u16, String, Option<f64>),
}

/// The gate of another host, which the worker has entered.
struct Entered {
    host: String,
    token: String,
    /// The host's `Crawl-delay`.
    pause: f64,
}

/// Why another host could not be entered.
enum Refused {
    Busy,
    Gone,
}

impl<F: Frontier + 'static> Worker<F> {
    /// The rules of the page's origin: those that were read before, those that another worker has fetched, or none yet.
    pub(super) async fn rules_for(&self, held: &Held) -> Result<Known> {
        let lease = &held.lease;
        let origin = normal::origin(&lease.page.url);
        if let Some(at) = lease.robots_at.filter(|at| lease.now - at < self.settings.robots_age) {
            if let Some(rules) = self.rules.get(origin, at) {
                return Ok(Known::Rules(rules));
            }
            if let Some(text) = self.frontier.robots(origin).await? {
                return Ok(Known::Rules(self.rules.read(origin, at, &text, &self.settings.agent)));
            }
        }
        let mut entered = None;
        let known = self.fetch_rules(held, origin, &mut entered).await?;
        // After an error, the worker's end leaves it.
        self.leave(entered).await?;
        Ok(known)
    }

    /// Fetches robots.txt, which takes the host's turn: the page has to wait for the next.
    async fn fetch_rules(&self, held: &Held, origin: &str, entered: &mut Option<Entered>) -> Result<Known> {
        let (lease, ours) = (&held.lease, self.settings.delay);
        let mut url = Url::parse(&format!("{origin}/robots.txt"))?;
        // When the last answer of each host ended.
        let mut asked: HashMap<String, f64> = HashMap::new();
        for _ in 0..=HOPS {
            let host = normal::host(&url).unwrap_or_default();
            if entered.as_ref().is_some_and(|gate| gate.host != host) {
                self.leave(entered.take()).await?;
            }
            if host != lease.page.host && entered.is_none() {
                match self.enter(held, &host).await? {
                    Ok(gate) => *entered = Some(gate),
                    Err(Refused::Busy) => return Ok(self.busy(lease, &host)),
                    Err(Refused::Gone) => {
                        let why = format!("robots.txt: it has moved to {host}, which was given up");
                        return Ok(self.later(lease, 0, why, None));
                    }
                }
            }
            let pause = entered.as_ref().map_or(lease.pause, |gate| gate.pause).max(ours);
            let now = get_running_loop()?.time();
            let rest = asked.get(&host).map_or(0.0, |ended| (ended + pause - now).max(0.0));
            if !self.has_time(held, rest)? {
                if asked.is_empty() {
                    return Ok(Known::Later(End::GiveBack(false), Host::Untouched));
                }
                let why = "robots.txt: its redirects, with the pauses between them, take longer than a lease";
                return Ok(self.later(lease, 0, why.to_owned(), None));
            }
            if rest > 0.0 {
                sleep(rest).await?;
            }
            let fetched = match self.ask(url.as_str()).await? {
                Ok(response) => rules_in(held, response).await?,
                Err(Fault::Trouble(why) | Fault::Wrong(why)) => Fetched::Nothing(0, why, None),
            };
            asked.insert(host, get_running_loop()?.time());
            match fetched {
                Fetched::Text(text) => {
                    // The rules apply from now on, also to the pause before the first page.
                    let theirs = delay_of(&parse(&text, &self.settings.agent), 0.0);
                    if theirs > self.settings.max_backoff {
                        let (end, host) = too_slow(theirs);
                        return Ok(Known::Later(end, host));
                    }
                    self.frontier.set_robots(origin, &text, theirs).await?;
                    self.report.robots(origin);
                    return Ok(Known::Later(End::GiveBack(false), Host::Well(theirs.max(ours))));
                }
                Fetched::Moved(next) => url = next,
                Fetched::Nothing(status, why, wait) => {
                    return Ok(self.later(lease, status, format!("robots.txt: {why}"), wait));
                }
            }
        }
        // As if there were none.
        self.frontier.set_robots(origin, "", 0.0).await?;
        Ok(Known::Later(End::GiveBack(false), Host::Well(ours)))
    }

    /// There is no robots.txt that counts, so the host is unreachable.
    fn later(&self, lease: &Lease, status: u16, why: String, wait: Option<f64>) -> Known {
        let (end, host) = self.trouble(lease, self.settings.delay, status, why, wait);
        Known::Later(end, host)
    }

    /// robots.txt has moved to a host that others ask all the time. That is no failure of the page's own host.
    fn busy(&self, lease: &Lease, host: &str) -> Known {
        if lease.attempt >= self.settings.attempts {
            let why = format!("robots.txt: it has moved to {host}, which is too busy");
            return Known::Later(failed(0, why), Host::Asked(self.settings.delay));
        }
        // At random, so that two hosts whose robots.txt is at the other do not come back at the same time.
        let backoff = self.settings.delay.max(1.0) * 2_f64.powi(lease.attempt.min(30).cast_signed());
        let wait = (backoff * (0.5 + fastrand::f64())).min(self.settings.max_backoff);
        Known::Later(End::GiveBack(true), Host::Asked(wait))
    }

    /// Enters another host, and waits for that as long as the lease allows.
    async fn enter(&self, held: &Held, host: &str) -> Result<Result<Entered, Refused>> {
        let token = self.token();
        self.entered.borrow_mut().insert(token.clone(), host.to_owned());
        let latest = (self.settings.lease - self.settings.timeout) * (0.5 + 0.5 * fastrand::f64());
        let refused = loop {
            let wait = match self.frontier.enter(host, &token, &self.settings).await? {
                Gate::Open(pause) => return Ok(Ok(Entered { host: host.to_owned(), token, pause })),
                Gate::Gone => break Refused::Gone,
                Gate::Busy(wait) => wait.max(0.02),
            };
            if get_running_loop()?.time() - held.since + wait >= latest {
                break Refused::Busy;
            }
            sleep(wait).await?;
        };
        self.entered.borrow_mut().remove(&token);
        Ok(Err(refused))
    }

    async fn leave(&self, entered: Option<Entered>) -> Result<()> {
        if let Some(Entered { host, token, .. }) = entered {
            self.frontier.leave(&host, &token, self.settings.delay).await?;
            self.entered.borrow_mut().remove(&token);
        }
        Ok(())
    }
}

async fn rules_in(held: &Held, mut response: ClientResponse) -> Result<Fetched> {
    let (status, wait) = (response.status().as_u16(), retry_after(&response));
    if let Ok(Some(next)) = response.redirect()
        && let Some(next) = normal::normalise(next)
    {
        return Ok(Fetched::Moved(next));
    }
    let mut bytes = Vec::new();
    if (200..=299).contains(&status) {
        let received = response.received();
        // The parser reads no more. The rest is not received.
        let read = loop {
            if bytes.len() > BYTE_LIMIT {
                break Ok(());
            }
            match response.chunk().await {
                Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        held.add_received(received.bytes());
        match read {
            Err(error) if error.is_cancelled() => return Err(error),
            // What cannot be read may forbid everything.
            Err(error) => return Ok(Fetched::Nothing(status, error.to_string(), None)),
            Ok(()) => bytes.truncate(BYTE_LIMIT + 1),
        }
    }
    Ok(match text_for(status, &text_of(&bytes)) {
        Some(text) => Fetched::Text(text.to_owned()),
        None => Fetched::Nothing(status, format!("status {status}"), wait),
    })
}
