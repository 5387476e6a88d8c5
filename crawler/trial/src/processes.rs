//! The processes that are killed: workers, and a Redis with an append-only file.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use asyncio::Result;
use serde_json::Value;

use crate::failure;
use crate::web::{LEASE, MONTHS, Web};

/// The workers of a trial.
pub(crate) struct Workers<'a> {
    areq: &'a Path,
    folder: &'a Path,
    arguments: Vec<String>,
    running: Vec<Child>,
    started: usize,
}

impl<'a> Workers<'a> {
    pub(crate) fn new(areq: &'a Path, folder: &'a Path, frontier: &str, web: &Web, slots: usize) -> Self {
        let arguments = format!(
            "crawl {} --frontier {frontier} --slots {slots} --delay {} --depth 100 --max-pages 1000000 --max-queries {MONTHS} \
             --timeout 1.5 --lease {LEASE} --attempts 50 --quiet --no-export",
            web.seed(),
            web.delay()
        );
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { areq, folder, arguments, running: Vec::new(), started: 0 }
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        self.started += 1;
        let child = Command::new(self.areq)
            .args(&self.arguments)
            .arg("--json")
            .arg(self.folder.join(format!("{}.json", self.started)))
            .stdout(Stdio::null())
            .stderr(File::create(self.folder.join(format!("{}.err", self.started)))?)
            .spawn()?;
        self.running.push(child);
        Ok(())
    }

    /// Is any worker still running? It is an error if one has failed.
    pub(crate) fn working(&mut self) -> Result<bool> {
        let mut failed = None;
        self.running.retain_mut(|child| match child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) if status.success() => false,
            other => {
                failed = Some(format!("{other:?}"));
                false
            }
        });
        match failed {
            None => Ok(!self.running.is_empty()),
            Some(failed) => {
                let texts = (1..=self.started).filter_map(|n| self.read(&format!("{n}.err")).ok()).collect::<Vec<_>>();
                Err(failure(format!("a worker ends with {failed}: {}", texts.join(""))))
            }
        }
    }

    pub(crate) fn kill_and_restart(&mut self, random: &mut fastrand::Rng) -> Result<()> {
        if self.running.is_empty() {
            return Ok(());
        }
        let mut child = self.running.swap_remove(random.usize(..self.running.len()));
        kill(&mut child)?;
        self.start()
    }

    /// The log lines of all workers. The last line of a killed worker may be incomplete.
    pub(crate) fn log(&self) -> Result<Vec<Value>> {
        let mut lines = Vec::new();
        for n in 1..=self.started {
            let text = self.read(&format!("{n}.json")).unwrap_or_default();
            lines.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
        }
        Ok(lines)
    }

    fn read(&self, name: &str) -> std::io::Result<String> {
        std::fs::read_to_string(self.folder.join(name))
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for child in &mut self.running {
            // It may have ended.
            let _ = kill(child);
        }
    }
}

/// A Redis that loses nothing that it has answered.
pub(crate) struct RedisServer {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl RedisServer {
    pub(crate) fn is_here() -> bool {
        let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    }

    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { folder: folder.to_owned(), port, child: spawn(folder, port)? })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/?crawl=trial", self.port)
    }

    pub(crate) fn kill_and_restart(&mut self, pause: Duration) -> Result<()> {
        kill(&mut self.child)?;
        std::thread::sleep(pause);
        self.child = spawn(&self.folder, self.port)?;
        Ok(())
    }

    /// How much memory its data take, according to Redis itself.
    pub(crate) fn memory(&self) -> Option<String> {
        let info = Command::new("redis-cli").args(["-p", &self.port.to_string(), "info", "memory"]).output().ok()?;
        let info = String::from_utf8(info.stdout).ok()?;
        info.lines().find_map(|line| line.strip_prefix("used_memory_human:")).map(str::to_owned)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = kill(&mut self.child);
    }
}

fn spawn(folder: &Path, port: u16) -> Result<Child> {
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
        .args(["--appendfsync", "always", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()?;
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(20) {
            return Err(failure("redis-server does not listen"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(child)
}

/// `kill -9`.
fn kill(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}
