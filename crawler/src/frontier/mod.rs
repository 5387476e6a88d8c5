//! The frontier: which pages are known, which may be requested now, and the result of each.
//!
//! The core idea: the lease of a page is the gate of its host. A worker gets a page together with the sole right to send
//! requests to the page's host. The right ends when the page is committed or given back, or when the lease expires because the
//! worker has died. Each operation is one transaction, and may be repeated with the same token if its answer was lost.
//! [`Sqlite`] keeps all this in a file, [`Redis`] on a server for workers on many machines. Deliberately not here: requests to
//! sites, and the rules of robots.txt, of which a frontier only stores the text.

mod redis;
mod sqlite;

use asyncio::Result;
use serde::{Deserialize, Serialize};

pub use redis::Redis;
pub use sqlite::Sqlite;

/// What a crawl may do. The frontier stores it, so that workers that join later have the same settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The maximum number of links from the first pages. A page keeps the depth at which it was found first, which need not be
    /// the least.
    pub depth: u32,
    /// The only hosts that are asked; if empty, all are.
    pub hosts: Vec<String>,
    /// The maximum number of pages to request, over all workers.
    pub max_pages: u64,
    /// The maximum number of bytes of bodies to receive, over all workers. When it is reached, the pages in hand are still read.
    pub max_bytes: u64,
    /// How many URLs are known.
    pub max_urls: u64,
    /// The maximum number of known URLs of one host.
    pub max_per_host: u64,
    /// The maximum number of known queries (`?page=2`) of one path.
    pub max_queries: u64,
    /// Seconds between two requests to a host, unless its robots.txt asks for more.
    pub delay: f64,
    /// Seconds that a worker may keep a page.
    pub lease: f64,
    /// Seconds for a request.
    pub timeout: f64,
    /// How often a page is tried.
    pub attempts: u32,
    /// Seconds that a host may ask to be left alone. A host that asks for more is given up.
    pub max_backoff: f64,
    /// Seconds after which a robots.txt is fetched again.
    pub robots_age: f64,
    /// What the crawler calls itself.
    pub agent: String,
}

/// A page to be requested. Its URL is normalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Where it is.
    pub url: String,
    /// Name, and port if it is not the usual one. Each host gets one request at a time.
    pub host: String,
    /// How many links it is away from the first pages.
    pub depth: u32,
    /// How many redirects have led here.
    pub hops: u32,
    /// Host and path, if the URL has a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A page that this worker requests, and the right to do so.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Lease {
    /// The name of the lease, chosen by the worker.
    pub token: String,
    /// The page.
    #[serde(flatten)]
    pub page: Page,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// How often in a row the host has failed.
    #[serde(default)]
    pub trouble: u32,
    /// When the robots.txt of the page's origin was stored, in the frontier's time.
    #[serde(default)]
    pub robots_at: Option<f64>,
    /// The `Crawl-delay` of the host, or 0: the longest of those that its origins are known to ask for.
    #[serde(default)]
    pub pause: f64,
    /// The frontier's time.
    pub now: f64,
}

/// What a worker may do next.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Taken {
    /// The pages that it has now.
    #[serde(default)]
    pub leases: Vec<Lease>,
    /// Nothing is left to do, and no other worker has a page.
    #[serde(default)]
    pub finished: bool,
    /// The number of seconds after which something may have changed by itself.
    #[serde(default)]
    pub wait: f64,
}

/// What came of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `read`, `failed`, or `skipped` because robots.txt says so.
    pub state: State,
    /// The status code, or 0 if there was no response.
    #[serde(default)]
    pub status: u16,
    /// The size of the page, as text.
    #[serde(default)]
    pub bytes: u64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// All links of the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// How a page ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There was a response.
    #[default]
    Read,
    /// There was no response, or one that says that there is no page.
    Failed,
    /// robots.txt forbids it.
    Skipped,
}

impl State {
    /// Its name in the counters and the output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// When the host may be asked again, and its state. A host with a `Crawl-delay` is left alone for at least that time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// It answered, and may be asked again after this many seconds.
    Well(f64),
    /// It did not answer, or asked to be left alone, and may be asked again after this many seconds.
    Trouble(f64),
    /// It may have been asked, and may be asked again after this many seconds. Its failures so far still count.
    Asked(f64),
    /// It was not asked, and may be asked at once.
    Untouched,
    /// It is not asked again. Its pages are abandoned.
    GivenUp,
}

/// The answer to a worker that asks for the gate of a host without a page.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The worker may ask the host. Between two requests it has to pause for this many seconds, if the host has a `Crawl-delay`.
    Open(f64),
    /// The host has to be left alone, or another worker may ask it. It is worth trying again after this many seconds.
    Busy(f64),
    /// The host was given up.
    Gone,
}

/// How a lease ends.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With a result, and the pages that its links lead to.
    Commit(Outcome, Vec<Page>),
    /// Without a result: the page is tried again. `true` if the attempt counts.
    GiveBack(bool),
}

/// The effect of ending a lease.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Ended {
    /// The lease had expired, and another worker may have the page: nothing was stored.
    #[serde(default)]
    pub lost: bool,
    /// The page to go on with.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// Other hosts can be asked at once.
    #[serde(default)]
    pub more: bool,
}

/// How far the crawl is, over all workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Pages that wait.
    pub queued: u64,
    /// Pages that a worker has.
    pub leased: u64,
    /// Pages with a response.
    pub read: u64,
    /// Pages without one.
    pub failed: u64,
    /// Pages that robots.txt forbids.
    pub skipped: u64,
    /// Pages of hosts that were given up.
    pub abandoned: u64,
    /// Links to URLs that were refused because of a limit. Each link counts, because refused URLs are not stored.
    pub refused: u64,
    /// Bytes of bodies that were received, those of robots.txt and of broken bodies included.
    pub bytes: u64,
    /// Known hosts.
    pub hosts: u64,
}

/// A finished page, for the output.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Record {
    /// The page.
    pub url: String,
    /// How many links it is away from the first pages.
    pub depth: u32,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

// ANCHOR: frontier
/// Where a crawl is stored. All operations are atomic, and all except `add` and the reads can be repeated with the same token.
#[allow(async_fn_in_trait, reason = "a frontier belongs to one loop")]
pub trait Frontier {
    /// Stores the settings that `change` makes from the stored ones, and returns them. If another worker changes them at the
    /// same time, `change` is called again with the new ones, so that nothing is lost. So it must set values, not count.
    async fn change_settings(
        &self,
        change: impl Fn(Option<Settings>) -> Result<Settings> + Send + 'static,
    ) -> Result<Settings>;

    /// Adds pages that are not known yet, within the bounds. To add one again does nothing.
    async fn add(&self, pages: Vec<Page>, settings: &Settings) -> Result<()>;

    /// Leases a page for each token, as long as there are hosts that may be asked now. Takes back leases that have expired: their
    /// hosts may have been asked until then, so the pause begins there.
    async fn take(&self, tokens: Vec<String>, settings: &Settings) -> Result<Taken>;

    /// Ends a lease, under which `received` bytes came. With the token `next`, begins the next one, if there is a page to
    /// request.
    async fn end(
        &self,
        lease: &Lease,
        end: End,
        host: Host,
        received: u64,
        next: Option<String>,
        settings: &Settings,
    ) -> Result<Ended>;

    /// The robots.txt of an origin that was stored last.
    async fn robots(&self, origin: &str) -> Result<Option<String>>;

    /// Stores the robots.txt of an origin, which has just been fetched, and the `Crawl-delay` that it asks for, or 0. From now
    /// on, the host's pauses are at least as long.
    async fn set_robots(&self, origin: &str, text: &str, crawl_delay: f64) -> Result<()>;

    /// The sole right to ask `host`, without a page: for a robots.txt on another host.
    async fn enter(&self, host: &str, token: &str, settings: &Settings) -> Result<Gate>;

    /// Ends that right. The host may be asked again after `delay` seconds, or after its `Crawl-delay`.
    async fn leave(&self, host: &str, token: &str, delay: f64) -> Result<()>;

    /// How far the crawl is.
    async fn counts(&self) -> Result<Counts>;

    /// All finished pages, by URL.
    async fn records(&self) -> Result<Vec<Record>>;

    /// How many requests this worker has sent to the frontier.
    fn requests(&self) -> u64;
}
// ANCHOR_END: frontier
