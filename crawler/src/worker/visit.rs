//! What a worker does with one page: robots.txt first, then the request, and what the answer means.

use std::collections::BTreeMap;
use std::time::SystemTime;

use asyncio::{Result, TimeoutError, ValueError, get_running_loop};
use asyncio_http::ClientResponse;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use robotxt::Robots;
use url::Url;

use super::rules::Known;
use super::{Held, Worker};
use crate::frontier::{End, Frontier, Host, Lease, Outcome, Page, State};
use crate::links::{self, Link, links};
use crate::normal;

/// The maximum number of redirects in a row.
const HOPS: u32 = 10;
/// The maximum number of failures of a host in a row.
const TROUBLE: u32 = 10;

/// Why there is no page.
pub(super) enum Fault {
    /// The host is unreachable, or does not answer in time.
    Trouble(String),
    /// Something is wrong with the page.
    Wrong(String),
}

impl<F: Frontier + 'static> Worker<F> {
    /// Requests a page. The errors are those of the frontier, and a cancellation.
    pub(super) async fn visit(&self, held: &Held) -> Result<(End, Host)> {
        let lease = &held.lease;
        let rules = match self.rules_for(held).await? {
            Known::Rules(rules) => rules,
            Known::Later(end, host) => return Ok((end, host)),
        };
        let (theirs, delay) = (delay_of(&rules, 0.0), delay_of(&rules, self.settings.delay));
        if theirs > self.settings.max_backoff {
            return Ok(too_slow(theirs));
        }
        let url = Url::parse(&lease.page.url)?;
        if !rules.is_url_allowed(&url) {
            let outcome = Outcome { state: State::Skipped, why: "robots.txt".to_owned(), ..Outcome::default() };
            return Ok((End::Commit(outcome, Vec::new()), Host::Untouched));
        }
        if !self.has_time(held, 0.0)? {
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
            _ => match self.read(held, response).await? {
                Ok(commit) => Ok((commit, Host::Well(delay))),
                Err(fault) => Ok(self.fault(lease, delay, status, fault)),
            },
        }
    }

    pub(super) async fn ask(&self, url: &str) -> Result<Result<ClientResponse, Fault>> {
        match self.session.get(url).await {
            Err(error) if error.is_cancelled() => Err(error),
            asked => Ok(asked.map_err(|error| fault(&error))),
        }
    }

    /// Reads the links of a page, or where it redirects to.
    async fn read(&self, held: &Held, response: ClientResponse) -> Result<Result<End, Fault>> {
        let status = response.status().as_u16();
        let (depth, hops) = (held.lease.page.depth, held.lease.page.hops);
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
        let mut tags = response.headers().get_all("x-robots-tag").iter().filter_map(|value| value.to_str().ok());
        let may_follow = !tags.any(|value| links::header_forbids(value, &self.settings.agent));
        let received = response.received();
        let html = response.text_lossy().await;
        held.add_received(received.bytes());
        let html = match html {
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
    pub(super) fn trouble(
        &self,
        lease: &Lease,
        delay: f64,
        status: u16,
        why: String,
        wait: Option<f64>,
    ) -> (End, Host) {
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

    /// Does the lease last for as long as a pause and a request after it may take?
    pub(super) fn has_time(&self, held: &Held, pause: f64) -> Result<bool> {
        Ok(get_running_loop()?.time() - held.since + pause + self.settings.timeout < self.settings.lease)
    }
}

/// The greater of their delay and ours.
pub(super) fn delay_of(rules: &Robots, ours: f64) -> f64 {
    rules.crawl_delay().map_or(ours, |theirs| theirs.as_secs_f64().max(ours))
}

/// The end of a host that asks for a longer pause than this crawl makes.
pub(super) fn too_slow(delay: f64) -> (End, Host) {
    (failed(0, format!("robots.txt asks for a pause of {delay} seconds")), Host::GivenUp)
}

pub(super) fn failed(status: u16, why: String) -> End {
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
pub(super) fn retry_after(response: &ClientResponse) -> Option<f64> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(seconds.into());
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(SystemTime::now()).map_or(0.0, |wait| wait.as_secs_f64()))
}
