//! The frontier on a Redis, for workers on many machines.
//!
//! Each operation is one script (in `scripts`, where `prelude.lua` says what is stored where), so that a check and its action
//! are one step, and no operation is applied by half. A script is called again if its reply was lost, and recognises that by
//! the token of the lease. How much survives a crash of Redis depends on its settings: with `appendonly yes` and `appendfsync
//! always`, everything that was answered.

mod client;

use asyncio::{Result, RuntimeError};
use redis_protocol::resp2::types::OwnedFrame;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{Counts, End, Ended, Frontier, Gate, Host, Lease, Outcome, Page, Record, Settings, Taken};
use client::{Client, text};

macro_rules! scripts {
    ($($name:literal)*) => {
        [$(($name, concat!(include_str!("scripts/prelude.lua"), include_str!(concat!("scripts/", $name, ".lua"))))),*]
    };
}

static SCRIPTS: [(&str, &str); 9] = scripts!["add" "take" "end" "robots" "enter" "leave" "counts" "open" "settings"];

/// A frontier on a Redis.
pub struct Redis {
    client: Client,
    /// The beginning of all keys. Its braces keep them on one node of a cluster.
    prefix: String,
}

/// What is stored about a finished page.
#[derive(Serialize, Deserialize)]
struct Done {
    depth: u32,
    token: String,
    outcome: Outcome,
}

impl Redis {
    /// The frontier at `redis://[user:password@]host[:port][/database][?crawl=NAME]`, or `rediss://` over TLS. Crawls of
    /// different names share nothing.
    ///
    /// # Errors
    ///
    /// Fails when the URL is not one of Redis, or when no Redis answers for a minute.
    pub async fn open(url: &str) -> Result<Self> {
        let url = Url::parse(url)?;
        let name = url.query_pairs().find(|(name, _)| name == "crawl").map_or_else(|| "areq".into(), |pair| pair.1);
        let redis = Self { client: Client::new(&url, &SCRIPTS)?, prefix: format!("{{areq:{name}}}:") };
        redis.call("open", &json!({})).await?;
        Ok(redis)
    }

    async fn call(&self, script: &str, request: &serde_json::Value) -> Result<Vec<u8>> {
        self.client.script(script, &self.prefix, &[request.to_string().as_bytes()]).await
    }

    fn key(&self, name: &str) -> Vec<u8> {
        format!("{}{name}", self.prefix).into_bytes()
    }
}

impl Frontier for Redis {
    async fn change_settings(
        &self,
        change: impl Fn(Option<Settings>) -> Result<Settings> + Send + 'static,
    ) -> Result<Settings> {
        loop {
            let kept = match self.client.command(&[b"GET", &self.key("settings")]).await? {
                OwnedFrame::Null => None,
                reply => Some(text(reply)?),
            };
            let settings = change(kept.as_deref().map(serde_json::from_slice).transpose()?)?;
            let (before, after) = (kept.unwrap_or_default(), serde_json::to_vec(&settings)?);
            let swapped = self.client.script("settings", &self.prefix, &[b"{}", &before, &after]).await?;
            if serde_json::from_slice(&swapped)? {
                return Ok(settings);
            }
        }
    }

    async fn add(&self, pages: Vec<Page>, settings: &Settings) -> Result<()> {
        self.call("add", &json!({ "pages": pages, "settings": settings })).await.map(drop)
    }

    async fn take(&self, tokens: Vec<String>, settings: &Settings) -> Result<Taken> {
        let taken = self.call("take", &json!({ "tokens": tokens, "settings": settings })).await?;
        Ok(serde_json::from_slice(&taken)?)
    }

    async fn end(
        &self,
        lease: &Lease,
        end: End,
        host: Host,
        received: u64,
        next: Option<String>,
        settings: &Settings,
    ) -> Result<Ended> {
        let (fate, delay) = match host {
            Host::Well(delay) => ("well", delay),
            Host::Trouble(delay) => ("trouble", delay),
            Host::Asked(delay) => ("asked", delay),
            Host::Untouched => ("untouched", 0.0),
            Host::GivenUp => ("gone", 0.0),
        };
        let (token, page) = (&lease.token, &lease.page);
        let mut request = json!({
            "token": token, "page": page, "fate": fate, "delay": delay, "received": received, "next": next,
            "settings": settings,
        });
        let mut done = Vec::new();
        match end {
            End::GiveBack(counts) => request["counts"] = counts.into(),
            End::Commit(outcome, found) => {
                request["state"] = serde_json::to_value(outcome.state)?;
                request["found"] = serde_json::to_value(found)?;
                done = serde_json::to_vec(&Done { depth: page.depth, token: token.clone(), outcome })?;
            }
        }
        let arguments = [request.to_string().into_bytes(), done];
        let ended = self.client.script("end", &self.prefix, &[&arguments[0], &arguments[1]]).await?;
        Ok(serde_json::from_slice(&ended)?)
    }

    async fn robots(&self, origin: &str) -> Result<Option<String>> {
        match self.client.command(&[b"HGET", &self.key("robots"), origin.as_bytes()]).await? {
            OwnedFrame::Null => Ok(None),
            reply => Ok(Some(String::from_utf8_lossy(&text(reply)?).into_owned())),
        }
    }

    async fn set_robots(&self, origin: &str, text: &str, crawl_delay: f64) -> Result<()> {
        self.call("robots", &json!({ "origin": origin, "text": text, "delay": crawl_delay })).await.map(drop)
    }

    async fn enter(&self, host: &str, token: &str, settings: &Settings) -> Result<Gate> {
        let entered = self.call("enter", &json!({ "host": host, "token": token, "lease": settings.lease })).await?;
        Ok(serde_json::from_slice(&entered)?)
    }

    async fn leave(&self, host: &str, token: &str, delay: f64) -> Result<()> {
        self.call("leave", &json!({ "host": host, "token": token, "delay": delay })).await.map(drop)
    }

    async fn counts(&self) -> Result<Counts> {
        Ok(serde_json::from_slice(&self.call("counts", &json!({})).await?)?)
    }

    async fn records(&self) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut cursor = b"0".to_vec();
        loop {
            let reply = self.client.command(&[b"HSCAN", &self.key("done"), &cursor, b"COUNT", b"500"]).await?;
            let OwnedFrame::Array(parts) = reply else { return Err(unexpected()) };
            let [next, OwnedFrame::Array(fields)] = <[_; 2]>::try_from(parts).map_err(|_| unexpected())? else {
                return Err(unexpected());
            };
            for pair in fields.chunks(2) {
                let [url, done] = pair else { return Err(unexpected()) };
                let done: Done = serde_json::from_slice(&text(done.clone())?)?;
                let url = String::from_utf8_lossy(&text(url.clone())?).into_owned();
                records.push(Record { url, depth: done.depth, outcome: done.outcome });
            }
            cursor = text(next)?;
            if cursor == b"0" {
                break;
            }
        }
        // A scan may return an entry twice while others are added.
        records.sort_by(|a, b| a.url.cmp(&b.url));
        records.dedup_by(|a, b| a.url == b.url);
        Ok(records)
    }

    fn requests(&self) -> u64 {
        self.client.requests()
    }
}

fn unexpected() -> asyncio::Error {
    RuntimeError::new("Redis answers something unexpected").into()
}
