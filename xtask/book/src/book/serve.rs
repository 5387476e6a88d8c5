//! Serves the built book on this machine, and builds it anew after a change.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow};
use guide_tests::root;
use tiny_http::{Header, Request, Response, Server};
use walkdir::WalkDir;

use super::build;

/// Answers requests for ever. A page is built anew if anything that it may include has changed since the last time.
pub(super) fn serve(server: &Server, built: &Path) -> Result<()> {
    let mut seen = last_change();
    for request in server.incoming_requests() {
        let changed = last_change();
        if changed > seen {
            seen = changed;
            if let Err(error) = build() {
                eprintln!("{error:#}");
            }
        }
        if let Err(error) = answer(request, built) {
            eprintln!("{error:#}");
        }
    }
    Ok(())
}

/// The book on this machine, as long as this is there.
pub(crate) struct Served {
    server: Arc<Server>,
    /// Where it begins, with a slash at the end.
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn start(built: &Path) -> Result<Self> {
        let server = Server::http(("127.0.0.1", 0)).map_err(|error| anyhow!("cannot serve: {error}"))?;
        let server = Arc::new(server);
        let port = server.server_addr().to_ip().context("the server has no port")?.port();
        let (at_work, built) = (Arc::clone(&server), built.to_owned());
        std::thread::spawn(move || {
            for request in at_work.incoming_requests() {
                if let Err(error) = answer(request, &built) {
                    eprintln!("{error:#}");
                }
            }
        });
        Ok(Self { server, address: format!("http://127.0.0.1:{port}/") })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// The newest time of a file that a page is made of.
fn last_change() -> Option<SystemTime> {
    let folders = ["book", "examples", "exercises", "questions", "tests/snapshots", "tests/guide"];
    let entries = folders.iter().flat_map(|folder| WalkDir::new(root().join(folder))).filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

/// Answers one request with a file of the built book.
fn answer(request: Request, built: &Path) -> Result<()> {
    let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let mut file = built.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    // Nothing outside the book is for the asking.
    let inside = file.canonicalize().is_ok_and(|file| built.canonicalize().is_ok_and(|built| file.starts_with(built)));
    if !inside {
        return Ok(request.respond(Response::from_string("there is no such page").with_status_code(404))?);
    }
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let kind = content_type(&file);
    let header = Header::from_bytes("Content-Type", kind).map_err(|()| anyhow!("{kind:?} is no header"))?;
    Ok(request.respond(Response::from_data(bytes).with_header(header))?)
}

/// What a browser needs to be told of the kinds of files that mdBook writes.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
