//! What the servers and the workers have logged, and the rules that it must satisfy.

use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime};

use asyncio::Result;
use serde_json::Value;

use crate::failure;
use crate::web::Web;

/// The requests to the web.
#[derive(Default)]
pub(crate) struct Log {
    requests: Vec<Request>,
    hosts: HashMap<String, Host>,
    /// Violations that were noticed when they happened.
    impolite: Vec<String>,
}

struct Request {
    url: String,
    begun: SystemTime,
}

#[derive(Default)]
struct Host {
    active: usize,
    /// Was robots.txt requested last?
    rules: bool,
    /// When the last request ended, and the shortest pause so far.
    ended: Option<Instant>,
    pause: Option<f64>,
}

impl Log {
    /// A request comes in; returns its number.
    pub(crate) fn begins(&mut self, host: &str, path: &str) -> usize {
        let known = self.hosts.entry(host.to_owned()).or_default();
        known.active += 1;
        if known.active > 1 {
            self.impolite.push(format!("{} requests at once at {host}: {path}", known.active));
        }
        // A worker that dies with the answer leaves the next one without the Crawl-delay.
        let is_rules = path == "/robots.txt";
        let is_unknown = std::mem::replace(&mut known.rules, is_rules) && is_rules;
        if let Some(ended) = known.ended.filter(|_| !is_unknown) {
            let pause = ended.elapsed().as_secs_f64();
            known.pause = Some(known.pause.map_or(pause, |least| least.min(pause)));
        }
        self.requests.push(Request { url: format!("http://{host}{path}"), begun: SystemTime::now() });
        self.requests.len() - 1
    }

    pub(crate) fn ends(&mut self, host: &str, _number: usize) {
        let known = self.hosts.entry(host.to_owned()).or_default();
        known.active -= 1;
        known.ended = Some(Instant::now());
    }
}

/// Checks that no host was asked twice at once or too early, that nothing forbidden was requested, and no page after it was
/// committed. Returns the number of repeated requests, which must be at most `interrupted`.
pub(crate) fn check(log: &Log, lines: &[Value], web: &Web, interrupted: usize) -> Result<usize> {
    if let Some(impolite) = log.impolite.first() {
        return Err(failure(format!("{impolite} ({} such)", log.impolite.len())));
    }
    for (name, host) in &log.hosts {
        let least = web.delay_of(name);
        match host.pause {
            Some(pause) if pause < least => {
                return Err(failure(format!("{name} was asked again after {pause:.4} s, and not {least}")));
            }
            _ => {}
        }
    }
    if let Some(request) = log.requests.iter().find(|request| request.url.contains("/private/")) {
        return Err(failure(format!("{} was asked for, which is forbidden", request.url)));
    }

    let mut committed: BTreeMap<&str, f64> = BTreeMap::new();
    for line in lines.iter().filter(|line| ["read", "failed", "skipped"].iter().any(|state| line["event"] == *state)) {
        let (url, time) = (line["url"].as_str().unwrap_or_default(), line["time"].as_f64().unwrap_or_default());
        if committed.insert(url, time).is_some() {
            return Err(failure(format!("{url} was committed twice")));
        }
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    for request in &log.requests {
        *times.entry(&request.url).or_default() += 1;
        let begun = request.begun.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64();
        // The log is precise to a tenth of a millisecond.
        if committed.get(&*request.url).is_some_and(|&time| begun > time + 0.0001) {
            return Err(failure(format!("{} was asked for again after it had been committed", request.url)));
        }
    }
    let again = times.iter().filter(|(url, _)| !url.ends_with("/busy")).map(|(_, times)| times - 1).sum::<usize>();
    if again > interrupted {
        return Err(failure(format!("{again} requests were made again, and at most {interrupted} were interrupted")));
    }
    Ok(again)
}

/// The number of requests to the frontier for each page, from the workers that ran to their end, and the most memory that one
/// of them used.
pub(crate) fn figures(lines: &[Value]) -> (f64, u64) {
    let ends: Vec<&Value> = lines.iter().filter(|line| line["event"] == "end").collect();
    let sum = |name: &str| ends.iter().filter_map(|end| end[name].as_u64()).sum::<u64>() as f64;
    let peak = ends.iter().filter_map(|end| end["peak_bytes"].as_u64()).max();
    (sum("requests") / sum("committed"), peak.unwrap_or(0))
}
