//! What a crawl shows while it runs and at its end: a progress line on a terminal, a log of JSON lines, and a summary.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Instant, SystemTime};

use asyncio::{Result, RuntimeError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::frontier::{Counts, End, Host, Lease};

/// What this worker has done, and where that is reported.
pub struct Report {
    log: Option<RefCell<BufWriter<File>>>,
    progress: ProgressBar,
    begun: Instant,
    /// Pages that this worker has committed.
    committed: Cell<u64>,
    read_before: Cell<u64>,
}

impl Report {
    /// A report that shows progress if there is a terminal and `quiet` is not asked for, and logs to the file `json`, or adds
    /// to it.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be opened.
    pub fn new(json: Option<&Path>, quiet: bool) -> Result<Self> {
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(|error| RuntimeError::new(format!("cannot write '{}': {error}", path.display())))
        };
        let log = json.map(open).transpose()?.map(|file| RefCell::new(BufWriter::new(file)));
        let progress = match quiet {
            true => ProgressBar::hidden(),
            false => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}").expect("it is well formed");
        Ok(Self {
            log,
            progress: progress.with_style(style),
            begun: Instant::now(),
            committed: Cell::new(0),
            read_before: Cell::new(0),
        })
    }

    /// How far the crawl was when this worker began.
    pub fn begin(&self, counts: &Counts) {
        self.read_before.set(counts.read + counts.failed);
    }

    /// A lease has ended: writes one line of the log. The frontier already knows it, so a line is never ahead of what is
    /// stored.
    pub fn ended(&self, lease: &Lease, end: &End, host: Host, lost: bool, seconds: f64) {
        let (page, attempt) = (&lease.page, lease.attempt);
        match end {
            End::Commit(outcome, found) => {
                if !lost {
                    self.committed.set(self.committed.get() + 1);
                }
                self.write(&json!({
                    "event": if lost { "lost" } else { outcome.state.name() },
                    "url": page.url, "depth": page.depth, "status": outcome.status, "bytes": outcome.bytes,
                    "links": outcome.links.len(), "followed": found.len(), "why": outcome.why, "attempt": attempt,
                    "seconds": rounded(seconds), "host": host,
                }));
            }
            End::GiveBack(counts) => self.write(&json!({
                "event": "later", "url": page.url, "attempt": attempt, "counts": counts, "lost": lost,
                "seconds": rounded(seconds), "host": host,
            })),
        }
    }

    /// The rules of an origin were fetched.
    pub fn robots(&self, origin: &str) {
        self.write(&json!({ "event": "robots", "origin": origin }));
    }

    /// Is the progress line shown?
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !self.progress.is_hidden()
    }

    /// Shows the progress line, from the counters of all workers.
    pub fn progress(&self, counts: &Counts) {
        let done = (counts.read + counts.failed).saturating_sub(self.read_before.get());
        let rate = done as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        self.progress.set_message(format!(
            "{rate:.1} pages/s, {} read, {} failed, {} queued, {} in hand, {} hosts",
            counts.read, counts.failed, counts.queued, counts.leased, counts.hosts
        ));
        self.progress.tick();
    }

    /// Ends the progress line and the log, and returns the summary.
    pub fn finish(&self, counts: &Counts, requests: u64) -> String {
        self.progress.finish_and_clear();
        let seconds = self.begun.elapsed().as_secs_f64();
        let (committed, peak) = (self.committed.get(), peak_memory());
        self.write(&json!({
            "event": "end", "counts": counts, "committed": committed, "requests": requests,
            "seconds": rounded(seconds), "peak_bytes": peak,
        }));
        let per_page = requests as f64 / committed.max(1) as f64;
        let mut lines = vec![format!(
            "{} pages read, {} failed, {} forbidden by robots.txt, {} bytes, {} hosts",
            counts.read, counts.failed, counts.skipped, counts.bytes, counts.hosts
        )];
        if counts.queued + counts.abandoned + counts.refused > 0 {
            lines.push(format!(
                "{} pages left in the queue, {} abandoned with their hosts, {} links to URLs beyond a bound",
                counts.queued, counts.abandoned, counts.refused
            ));
        }
        lines.push(format!(
            "this worker: {committed} pages in {seconds:.1} s, {:.1} pages/s, {per_page:.2} requests of the frontier per page{}",
            committed as f64 / seconds.max(0.001),
            peak.map_or_else(String::new, |bytes| format!(", {:.1} MiB at most", bytes as f64 / f64::from(1 << 20)))
        ));
        lines.join("\n")
    }

    /// Writes one line immediately: a reader of the log after a crash needs the last one.
    fn write(&self, event: &serde_json::Value) {
        let Some(log) = &self.log else { return };
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
        let mut event = event.clone();
        event["time"] = rounded(time).into();
        let mut log = log.borrow_mut();
        // A full disk must not end the crawl.
        let _ = writeln!(log, "{event}").and_then(|()| log.flush());
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

/// The peak memory of the process, if the system reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
