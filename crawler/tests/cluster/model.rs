//! The frontier as a model: what it promises, without a database, and a record of what it has allowed.

use std::collections::{BTreeMap, BTreeSet};

use areq::frontier::{Counts, End, Ended, Gate, Host as Health, Lease, Outcome, Page, Record, Settings, State, Taken};
use areq::normal;

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) settings: Option<Settings>,
    pages: BTreeMap<String, Known>,
    hosts: BTreeMap<String, Host>,
    /// By origin: when it was stored, the text, and its `Crawl-delay`.
    robots: BTreeMap<String, (f64, String, f64)>,
}

/// A page.
#[derive(Debug)]
struct Known {
    page: Page,
    place: Place,
    attempt: u32,
    /// The token of its lease, or of the one under which it was committed.
    token: Option<String>,
    outcome: Outcome,
    commits: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Queued,
    Leased,
    Committed,
    Abandoned,
}

#[derive(Debug, Default)]
struct Host {
    next: f64,
    /// Who may ask it, and until when.
    gate: Option<(String, f64)>,
    trouble: u32,
    gone: bool,
    /// When a worker was allowed to ask it: from, to, and the pause that was known to be due then.
    open: Vec<(f64, f64, f64)>,
    /// When it was asked last, for what, and under which lease.
    asked: Option<(f64, String, usize)>,
}

impl Host {
    fn enter(&mut self, token: &str, now: f64, until: f64, pause: f64) {
        self.gate = Some((token.to_owned(), until));
        self.open.push((now, until, pause));
    }

    fn leave(&mut self, now: f64) {
        self.gate = None;
        if let Some((_, to, _)) = self.open.last_mut() {
            *to = to.min(now);
        }
    }
}

impl Model {
    /// A site is asked: only the worker that has its gate may do so, and not too soon after the previous request. If a kept
    /// connection breaks, the worker's session repeats the request, as browsers do; that counts as the same request.
    pub(crate) fn asked(&mut self, name: &str, path: &str, now: f64, slack: f64) {
        let host = self.hosts.get_mut(name).expect("only known hosts are asked");
        let allowed = host.open.iter().any(|(from, to, _)| *from <= now && now <= to + slack);
        assert!(allowed, "{name} is asked at {now}, its gate was open at {:?}", host.open);
        let lease = host.open.len();
        if let Some((before, earlier, of_lease)) = host.asked.replace((now, path.to_owned(), lease)) {
            let is_repeated = (earlier.as_str(), of_lease) == (path, lease);
            let pause = host.open.last().map_or(0.0, |open| open.2);
            let is_polite = is_repeated || now - before >= pause - slack;
            assert!(is_polite, "{name} is asked for {path} at {now}, was at {before}, and the pause is {pause}");
        }
    }

    /// Is there nothing left to do?
    pub(crate) fn is_finished(&self) -> bool {
        let is_open = |known: &Known| matches!(known.place, Place::Queued | Place::Leased);
        !self.pages.values().any(is_open) && self.hosts.values().all(|host| host.gate.is_none())
    }

    /// Every page has ended once, and every page that a page leads to is known.
    pub(crate) fn check(&self) {
        for (url, known) in &self.pages {
            match known.place {
                Place::Committed => assert_eq!(known.commits, 1, "{url} was committed {} times", known.commits),
                Place::Abandoned => assert_eq!(known.commits, 0, "{url} was committed and abandoned"),
                place => panic!("{url} is lost: it is {place:?}"),
            }
            for link in &known.outcome.links {
                assert!(self.pages.contains_key(link), "{link} is lost: {url} leads to it");
            }
        }
    }

    pub(crate) fn committed(&self) -> usize {
        self.pages.values().filter(|known| known.outcome.state == State::Read && known.commits > 0).count()
    }

    pub(crate) fn add(&mut self, pages: &[Page]) {
        for page in pages {
            self.hosts.entry(page.host.clone()).or_default();
            let place = if self.hosts[&page.host].gone { Place::Abandoned } else { Place::Queued };
            let known =
                Known { page: page.clone(), place, attempt: 0, token: None, outcome: Outcome::default(), commits: 0 };
            self.pages.entry(page.url.clone()).or_insert(known);
        }
    }

    /// The pause between two requests to a host: the greater of ours and theirs.
    fn pause(&self, name: &str) -> f64 {
        let ours = self.settings.as_ref().map_or(0.0, |settings| settings.delay);
        self.crawl_delay(name).max(ours)
    }

    fn crawl_delay(&self, name: &str) -> f64 {
        let origins = ["http", "https"].map(|scheme| self.robots.get(&format!("{scheme}://{name}")));
        origins.into_iter().flatten().fold(0.0, |longest: f64, robots| longest.max(robots.2))
    }

    /// Takes back the leases that have expired. Their hosts may have been asked until then.
    fn expire(&mut self, now: f64) {
        let is_expired = |host: &Host| host.gate.as_ref().is_some_and(|(_, until)| *until <= now);
        let expired = self.hosts.iter().filter(|(_, host)| is_expired(host));
        let names: Vec<String> = expired.map(|(name, _)| name.clone()).collect();
        for name in names {
            let pause = self.pause(&name);
            let host = self.hosts.get_mut(&name).expect("it is one of them");
            let Some((token, until)) = host.gate.clone() else { continue };
            host.leave(until);
            host.next = host.next.max(until + pause);
            let of_lease = |known: &&mut Known| known.place == Place::Leased && known.token.as_ref() == Some(&token);
            if let Some(known) = self.pages.values_mut().find(of_lease) {
                known.place = Place::Queued;
                known.token = None;
            }
        }
    }

    fn lease(&mut self, token: &str, now: f64, settings: &Settings) -> Option<Lease> {
        let held = |known: &&mut Known| known.place == Place::Leased && known.token.as_deref() == Some(token);
        let is_over = self.is_over(settings);
        let url = match self.pages.values_mut().find(held) {
            // The answer to an earlier request was lost.
            Some(known) => known.page.url.clone(),
            None if is_over => return None,
            None => {
                // The page of each host that was tried least often.
                let mut first: BTreeMap<&str, &Known> = BTreeMap::new();
                for known in self.pages.values().filter(|known| known.place == Place::Queued) {
                    let least = first.entry(&known.page.host).or_insert(known);
                    if known.attempt < least.attempt {
                        *least = known;
                    }
                }
                let ready = first.into_iter().map(|(name, known)| (&self.hosts[name], known));
                let ready = ready.filter(|(host, _)| host.gate.is_none() && host.next <= now);
                let (_, known) = ready.min_by(|(one, _), (other, _)| one.next.total_cmp(&other.next))?;
                let url = known.page.url.clone();
                let known = self.pages.get_mut(&url)?;
                (known.place, known.token) = (Place::Leased, Some(token.to_owned()));
                known.attempt += 1;
                let name = known.page.host.clone();
                let pause = self.pause(&name);
                self.hosts.get_mut(&name)?.enter(token, now, now + settings.lease, pause);
                url
            }
        };
        let known = &self.pages[&url];
        Some(Lease {
            token: token.to_owned(),
            page: known.page.clone(),
            attempt: known.attempt,
            trouble: self.hosts[&known.page.host].trouble,
            robots_at: self.robots.get(normal::origin(&url)).map(|robots| robots.0),
            pause: self.crawl_delay(&known.page.host),
            now,
        })
    }

    pub(crate) fn take(&mut self, tokens: &[String], now: f64, settings: &Settings) -> Taken {
        self.expire(now);
        let leases: Vec<Lease> = tokens.iter().map_while(|token| self.lease(token, now, settings)).collect();
        let over = self.is_over(settings);
        let queued = self.pages.values().filter(|known| known.place == Place::Queued);
        let waiting: BTreeSet<&str> = queued.map(|known| known.page.host.as_str()).collect();
        let next = self.hosts.iter().filter_map(|(name, host)| match &host.gate {
            Some((_, until)) => Some(*until),
            None => Some(host.next).filter(|_| !over && waiting.contains(name.as_str())),
        });
        let wait = next.fold(1.0, |least: f64, next| least.min((next - now).max(0.0)));
        let is_idle = self.hosts.values().all(|host| host.gate.is_none());
        // A worker that is told to come back at once, and gets nothing, would do nothing else.
        assert!(leases.len() == tokens.len() || wait > 0.0, "a worker would not rest: {:?}", self.hosts);
        Taken { leases, finished: self.is_finished() || (over && is_idle), wait }
    }

    /// Has been read as much as is allowed?
    fn is_over(&self, settings: &Settings) -> bool {
        let most = usize::try_from(settings.max_pages).unwrap_or(usize::MAX);
        // Quick, because it is asked for each lease.
        self.pages.len() + self.hosts.len() >= most && {
            let leased = self.hosts.values().filter(|host| host.gate.is_some()).count();
            self.committed() + leased >= most
        }
    }

    pub(crate) fn end(
        &mut self,
        lease: &Lease,
        end: &End,
        health: Health,
        next: Option<&str>,
        now: f64,
        settings: &Settings,
    ) -> Ended {
        let lost = !self.finish(lease, end, health, now);
        let lease = next.and_then(|token| self.lease(token, now, settings));
        let is_ready = |known: &Known| {
            let host = &self.hosts[&known.page.host];
            known.place == Place::Queued && host.gate.is_none() && host.next <= now
        };
        Ended { lost, lease, more: self.pages.values().any(is_ready) }
    }

    /// False if the lease is no longer there.
    fn finish(&mut self, lease: &Lease, end: &End, health: Health, now: f64) -> bool {
        let Some(known) = self.pages.get_mut(&lease.page.url) else { return false };
        if known.token.as_ref() != Some(&lease.token) {
            return false;
        }
        if known.place != Place::Leased {
            // The answer was lost.
            return true;
        }
        match end {
            End::GiveBack(counts) => {
                (known.place, known.token) = (Place::Queued, None);
                known.attempt -= u32::from(!counts);
            }
            End::Commit(outcome, found) => {
                known.place = Place::Committed;
                known.commits += 1;
                known.outcome = outcome.clone();
                self.add(&found.clone());
            }
        }
        let theirs = self.crawl_delay(&lease.page.host);
        let host = self.hosts.get_mut(&lease.page.host).expect("the host of a page is known");
        host.leave(now);
        let rest = |delay: f64| now + delay.max(theirs);
        match health {
            Health::Well(delay) => (host.next, host.trouble) = (host.next.max(rest(delay)), 0),
            Health::Trouble(delay) => (host.next, host.trouble) = (host.next.max(rest(delay)), lease.trouble + 1),
            Health::Asked(delay) => host.next = host.next.max(rest(delay)),
            Health::Untouched => {}
            Health::GivenUp => {
                host.gone = true;
                let left = |known: &&mut Known| known.page.host == lease.page.host && known.place == Place::Queued;
                self.pages.values_mut().filter(left).for_each(|known| known.place = Place::Abandoned);
            }
        }
        true
    }

    pub(crate) fn robots(&self, origin: &str) -> Option<String> {
        self.robots.get(origin).map(|robots| robots.1.clone())
    }

    pub(crate) fn set_robots(&mut self, origin: &str, text: &str, crawl_delay: f64, now: f64) {
        self.robots.insert(origin.to_owned(), (now, text.to_owned(), crawl_delay));
        let host = origin.split_once("://").and_then(|(_, name)| self.hosts.get_mut(name));
        if let Some(host) = host
            && crawl_delay > 0.0
        {
            host.next = host.next.max(now + crawl_delay);
        }
    }

    pub(crate) fn enter(&mut self, name: &str, token: &str, now: f64, settings: &Settings) -> Gate {
        self.expire(now);
        let (pause, theirs) = (self.pause(name), self.crawl_delay(name));
        let host = self.hosts.entry(name.to_owned()).or_default();
        match &host.gate {
            _ if host.gone => return Gate::Gone,
            Some((own, _)) if own == token => {}
            Some(_) => return Gate::Busy(0.5),
            None if host.next > now => return Gate::Busy(host.next - now),
            None => host.enter(token, now, now + settings.lease, pause),
        }
        Gate::Open(theirs)
    }

    pub(crate) fn leave(&mut self, name: &str, token: &str, delay: f64, now: f64) {
        let theirs = self.crawl_delay(name);
        if let Some(host) = self.hosts.get_mut(name)
            && host.gate.as_ref().is_some_and(|(own, _)| own == token)
        {
            host.leave(now);
            host.next = host.next.max(now + delay.max(theirs));
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |place| self.pages.values().filter(|known| known.place == place).count() as u64;
        Counts { queued: of(Place::Queued), leased: of(Place::Leased), read: of(Place::Committed), ..Counts::default() }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let ended = self.pages.values().filter(|known| known.place == Place::Committed);
        let record = |known: &Known| Record {
            url: known.page.url.clone(),
            depth: known.page.depth,
            outcome: known.outcome.clone(),
        };
        ended.map(record).collect()
    }
}
