//! What a worker does with one page: robots.txt first, then the request, and what the answer means.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;

use asyncio::{Result, TimeoutError, ValueError, get_running_loop};
use asyncio_http::ClientResponse;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use robotxt::Robots;
use url::Url;

use super::{Held, Worker};
use crate::frontier::{End, Frontier, Host, Lease, Outcome, Page, State};
use crate::links::{self, Link, links};
use crate::normal;
use crate::robots::{parse, text_for};

/// The maximum number of redirects in a row.
const HOPS: u32 = 10;
/// The maximum number of failures of a host in a row.
const TROUBLE: u32 = 10;

/// Why there is no page.
enum Fault {
    /// The host is unreachable, or does not answer in time.
    Trouble(String),
    /// Something is wrong with the page.
    Wrong(String),
}

/// What a request for robots.txt led to.
enum Fetched {
    Text(String),
    /// It is there.
    Moved(Url),
    /// The host gives no answer that counts: status, reason, and how long it asks to be left alone.
    Nothing(u16, String, Option<f64>),
}

/// What is known about an origin's robots.txt.
enum Known {
    Rules(Rc<Robots>),
    /// It was requested, or could not be: the page has to wait for its turn again.
    Later(End, Host),
}

impl<F: Frontier + 'static> Worker<F> {
    /// Requests a page. The errors are those of the frontier, and a cancellation.
    pub(super) async fn visit(&self, held: &Held) -> Result<(End, Host)> {
        let lease = &held.lease;
        let rules = match self.rules_for(held).await? {
            Known::Rules(rules) => rules,
            Known::Later(end, host) => return Ok((end, host)),
        };
        let delay = delay_of(&rules, self.settings.delay);
        let url = Url::parse(&lease.page.url)?;
        if !rules.is_url_allowed(&url) {
            let outcome = Outcome { state: State::Skipped, why: "robots.txt".to_owned(), ..Outcome::default() };
            return Ok((End::Commit(outcome, Vec::new()), Host::Untouched));
        }
        if !self.has_time(held)? {
            return Ok((End::GiveBack(false), Host::Untouched));
        }
        let response = match self.ask(lease.page.url.as_str()).await? {
            Ok(response) => response,
            Err(fault) => return Ok(self.fault(lease, delay, 0, fault)),
        };
        let status = response.status().as_u16();
        match status {
            429 | 503 => {
                let wait = retry_after(&response);
                Ok(self.trouble(lease, delay, status, "it asks to be left alone".to_owned(), wait))
            }
            500..=599 => Ok(self.trouble(lease, delay, status, response_error(&response), None)),
            400..=499 => Ok((failed(status, response_error(&response)), Host::Well(delay))),
            _ => match self.read(lease, response).await? {
                Ok(commit) => Ok((commit, Host::Well(delay))),
                Err(fault) => Ok(self.fault(lease, delay, status, fault)),
            },
        }
    }

    /// The rules of the page's origin: those that were read before, those that another worker has fetched, or none yet.
    async fn rules_for(&self, held: &Held) -> Result<Known> {
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
        self.fetch_rules(held, origin).await
    }

    /// Fetches robots.txt, which takes the host's turn: the page has to wait for the next.
    async fn fetch_rules(&self, held: &Held, origin: &str) -> Result<Known> {
        let (lease, delay) = (&held.lease, self.settings.delay);
        let mut url = Url::parse(&format!("{origin}/robots.txt"))?;
        for _ in 0..=5 {
            let host = normal::host(&url);
            let elsewhere = host.filter(|host| *host != lease.page.host);
            if !self.has_time(held)? {
                return Ok(Known::Later(End::GiveBack(false), Host::Well(delay)));
            }
            // Another host has a gate of its own.
            let token = self.token();
            if let Some(host) = &elsewhere
                && !self.frontier.enter(host, &token, &self.settings).await?
            {
                return Ok(Known::Later(End::GiveBack(false), Host::Well(delay.max(0.1))));
            }
            let fetched = match self.ask(url.as_str()).await {
                Ok(Ok(response)) => rules_in(response).await,
                Ok(Err(Fault::Trouble(why) | Fault::Wrong(why))) => Ok(Fetched::Nothing(0, why, None)),
                Err(error) => Err(error),
            };
            if let Some(host) = &elsewhere {
                self.frontier.leave(host, &token, delay).await?;
            }
            match fetched? {
                Fetched::Text(text) => {
                    self.frontier.set_robots(origin, &text).await?;
                    self.report.robots(origin);
                    // The rules apply from now on, also to the pause before the first page.
                    let delay = delay_of(&parse(&text, &self.settings.agent), delay);
                    if delay > self.settings.max_backoff {
                        let why = format!("robots.txt asks for a pause of {delay} seconds");
                        return Ok(Known::Later(failed(0, why), Host::GivenUp));
                    }
                    return Ok(Known::Later(End::GiveBack(false), Host::Well(delay)));
                }
                Fetched::Moved(next) => url = next,
                Fetched::Nothing(status, why, wait) => {
                    let (end, host) = self.trouble(lease, delay, status, format!("robots.txt: {why}"), wait);
                    return Ok(Known::Later(end, host));
                }
            }
        }
        // As if there were none.
        self.frontier.set_robots(origin, "").await?;
        Ok(Known::Later(End::GiveBack(false), Host::Well(delay)))
    }

    async fn ask(&self, url: &str) -> Result<Result<ClientResponse, Fault>> {
        match self.session.get(url).await {
            Err(error) if error.is_cancelled() => Err(error),
            asked => Ok(asked.map_err(|error| fault(&error))),
        }
    }

    /// Reads the links of a page, or where it redirects to.
    async fn read(&self, lease: &Lease, response: ClientResponse) -> Result<Result<End, Fault>> {
        let status = response.status().as_u16();
        let (depth, hops) = (lease.page.depth, lease.page.hops);
        let redirect = match response.redirect() {
            Ok(redirect) => redirect,
            Err(error) => return Ok(Err(Fault::Wrong(error.to_string()))),
        };
        if let Some(target) = redirect {
            let Some(page) = normal::page(target, depth, hops + 1) else {
                return Ok(Err(Fault::Wrong("it redirects to what is no page".to_owned())));
            };
            if page.hops > HOPS {
                return Ok(Err(Fault::Wrong(format!("more than {HOPS} redirects"))));
            }
            let outcome = Outcome { status, links: vec![page.url.clone()], ..Outcome::default() };
            return Ok(Ok(End::Commit(outcome, self.in_scope(vec![page]))));
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|content_type| !content_type.contains("html")) {
            // Its links are not for us, so the connection is closed without reading it.
            return Ok(Ok(End::Commit(Outcome { status, ..Outcome::default() }, Vec::new())));
        }
        let base = response.url().clone();
        let may_follow = !response.headers().get_all("x-robots-tag").iter().any(forbids_to_follow);
        let html = match response.text_lossy().await {
            Ok(html) => html,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => return Ok(Err(fault(&error))),
        };
        let links = links(&html, &base, &self.settings.agent);
        // By URL, because each page has one. A page may be linked to twice, with only one of the links to be followed.
        let mut pages = BTreeMap::new();
        for Link { url, follow } in links {
            if let Some(page) = normal::page(url, depth + 1, 0) {
                let known = pages.entry(page.url.clone()).or_insert((page, false));
                known.1 |= follow && may_follow;
            }
        }
        let outcome =
            Outcome { status, bytes: html.len() as u64, links: pages.keys().cloned().collect(), ..Outcome::default() };
        let followed = pages.into_values().filter(|page| page.1).map(|page| page.0).collect();
        Ok(Ok(End::Commit(outcome, self.in_scope(followed))))
    }

    fn in_scope(&self, mut pages: Vec<Page>) -> Vec<Page> {
        let hosts = &self.settings.hosts;
        pages.retain(|page| page.depth <= self.settings.depth && (hosts.is_empty() || hosts.contains(&page.host)));
        pages
    }

    fn fault(&self, lease: &Lease, delay: f64, status: u16, fault: Fault) -> (End, Host) {
        match fault {
            Fault::Trouble(why) => self.trouble(lease, delay, status, why, None),
            Fault::Wrong(why) => (failed(status, why), Host::Well(delay)),
        }
    }

    /// The host has failed, or asks to be left alone: the page is tried again later, if it may be.
    fn trouble(&self, lease: &Lease, delay: f64, status: u16, why: String, wait: Option<f64>) -> (End, Host) {
        let backoff = delay.max(1.0) * 2_f64.powi(lease.trouble.min(30).cast_signed());
        let wait = wait.unwrap_or(0.0).max(backoff.min(self.settings.max_backoff));
        let is_over = lease.attempt >= self.settings.attempts;
        let host = match wait > self.settings.max_backoff || lease.trouble + 1 >= TROUBLE {
            true => Host::GivenUp,
            false => Host::Trouble(wait),
        };
        match is_over || host == Host::GivenUp {
            true => (failed(status, why), host),
            false => (End::GiveBack(true), host),
        }
    }

    /// Does the lease last for as long as a request may take?
    fn has_time(&self, held: &Held) -> Result<bool> {
        Ok(get_running_loop()?.time() - held.since + self.settings.timeout < self.settings.lease)
    }
}

/// The greater of their delay and ours.
fn delay_of(rules: &Robots, ours: f64) -> f64 {
    rules.crawl_delay().map_or(ours, |theirs| theirs.as_secs_f64().max(ours))
}

async fn rules_in(response: ClientResponse) -> Result<Fetched> {
    let (status, wait) = (response.status().as_u16(), retry_after(&response));
    if let Ok(Some(next)) = response.redirect()
        && let Some(next) = normal::normalise(next)
    {
        return Ok(Fetched::Moved(next));
    }
    let text = match status {
        200..=299 => match response.text_lossy().await {
            Err(error) if error.is_cancelled() => return Err(error),
            // For example, too long: as if there were none.
            Err(error) if error.is::<ValueError>() => String::new(),
            Err(error) => return Ok(Fetched::Nothing(status, error.to_string(), None)),
            Ok(text) => text,
        },
        _ => String::new(),
    };
    Ok(match text_for(status, &text) {
        Some(text) => Fetched::Text(text.to_owned()),
        None => Fetched::Nothing(status, format!("status {status}"), wait),
    })
}

fn forbids_to_follow(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(links::forbids)
}

fn failed(status: u16, why: String) -> End {
    End::Commit(Outcome { state: State::Failed, status, why, ..Outcome::default() }, Vec::new())
}

fn response_error(response: &ClientResponse) -> String {
    response.raise_for_status().map_or_else(|error| error.to_string(), |()| String::new())
}

/// Whose fault is it, the host's or the page's?
fn fault(error: &asyncio::Error) -> Fault {
    match error {
        error if error.is::<TimeoutError>() => Fault::Trouble("no answer in time".to_owned()),
        error if error.is::<ValueError>() => Fault::Wrong(error.to_string()),
        error => Fault::Trouble(error.to_string()),
    }
}

/// For how many seconds the host asks to be left alone.
fn retry_after(response: &ClientResponse) -> Option<f64> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(seconds.into());
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(SystemTime::now()).map_or(0.0, |wait| wait.as_secs_f64()))
}
