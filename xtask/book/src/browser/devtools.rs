//! Chromium, driven through its pipe: JSON messages in both directions, each ended by a zero byte.
//!
//! The pipe needs no library: a shell passes our standard input and output to Chromium as the descriptors that it expects.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser with one page.
pub(crate) struct Devtools {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What happened in the page since this was last cleared.
    pub(crate) events: VecDeque<Value>,
    /// The folder for the browser's profile.
    _profile: TempDir,
}

/// The browser of this machine.
pub(crate) fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

impl Devtools {
    /// Starts the browser, if there is one.
    pub(crate) fn start() -> Result<Option<Devtools>> {
        let Some(chromium) = chromium() else { return Ok(None) };
        let profile = tempfile::tempdir()?;
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(chromium)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start chromium")?;
        let to = child.stdin.take().context("chromium has no input")?;
        let mut output = BufReader::new(child.stdout.take().context("chromium has no output")?);
        let (sender, from) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                if let Ok(value) = serde_json::from_slice(&message)
                    && sender.send(value).is_err()
                {
                    return;
                }
                message.clear();
            }
        });
        let events = VecDeque::new();
        let mut browser = Devtools { child, to, from, session: None, last: 0, events, _profile: profile };
        browser.open()?;
        Ok(Some(browser))
    }

    /// Opens the page and subscribes to its events.
    fn open(&mut self) -> Result<()> {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", attach)?["sessionId"].as_str().map(str::to_owned);
        self.session = Some(session.context("chromium opened no page")?);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(())
    }

    /// Sends a request and waits for the answer.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).context("chromium has ended")?;
        let until = Instant::now() + PATIENCE;
        loop {
            let mut answer = self.next(until).with_context(|| format!("no answer to {method}"))?;
            if answer["id"] == self.last {
                if let Some(error) = answer.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(answer["result"].take());
            }
            self.events.push_back(answer);
        }
    }

    /// Waits for an event.
    pub(crate) fn wait_for(&mut self, method: &str, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.next(until).with_context(|| format!("{method} did not happen"))?;
            self.events.push_back(event);
        }
        Ok(())
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", params)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("the look at the page failed: {thrown}");
        }
        Ok(answer["result"]["value"].take())
    }

    /// A picture of the visible part, as PNG.
    pub(crate) fn screenshot(&mut self) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        decode(answer["data"].as_str().unwrap_or_default())
    }

    /// A picture of a part of the page, as PNG.
    pub(crate) fn screenshot_of(&mut self, clip: &Value) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png", "clip": clip }))?;
        decode(answer["data"].as_str().unwrap_or_default())
    }

    fn next(&self, until: Instant) -> Result<Value> {
        let left = until.saturating_duration_since(Instant::now());
        self.from.recv_timeout(left).map_err(|error| anyhow!("chromium says nothing: {error}"))
    }
}

impl Drop for Devtools {
    fn drop(&mut self) {
        // The browser may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Decodes base64 text.
fn decode(text: &str) -> Result<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut kept, mut bits) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
    for letter in text.bytes().take_while(|letter| *letter != b'=') {
        let value = LETTERS.iter().position(|known| *known == letter).context("this is not base64")?;
        kept = kept << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((kept >> bits) as u8);
            kept &= (1 << bits) - 1;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9vYmFy", "foobar")] {
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert!(decode("Zm9v YmFy").is_err());
    }
}
