//! `cargo xtask book`: the book, built by mdBook as a library into `target/book`.
//!
//! mdBook is silent about an include or a link that leads nowhere, so the pages are checked first. Then each program gets
//! its Python twin beside it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow, bail};
use guide_tests::{book, root};
use mdbook_driver::MDBook;
use tiny_http::{Header, Request, Response, Server};
use walkdir::WalkDir;

use crate::beside::with_twins;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Open the book in a browser
    #[arg(long)]
    open: bool,
    /// Serve the book on this machine and build it anew when a page is loaded after a change
    #[arg(long)]
    serve: bool,
    /// The port to serve on
    #[arg(long, default_value_t = 3000, requires = "serve")]
    port: u16,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let built = build()?;
    if !arguments.serve {
        let first = built.join("index.html");
        println!("{}", first.display());
        return if arguments.open { Ok(open::that(first)?) } else { Ok(()) };
    }
    let server = Server::http(("127.0.0.1", arguments.port)).map_err(|error| anyhow!("cannot serve: {error}"))?;
    let address = format!("http://127.0.0.1:{}/", arguments.port);
    println!("the book is at {address}; Ctrl-C ends this");
    if arguments.open {
        open::that(address)?;
    }
    serve(&server, &built)
}

/// Checks the pages and builds the book; answers with its folder.
pub(crate) fn build() -> Result<PathBuf> {
    let mut problems = Vec::new();
    for check in [book::pages, book::includes, book::fences, book::links] {
        problems.extend(check(root())?);
    }
    if !problems.is_empty() {
        bail!("the pages of the book are not in shape:\n{}", problems.join("\n"));
    }
    let mut pages = MDBook::load(root().join("book"))?;
    let built = root().join("target/book");
    pages.config.build.build_dir.clone_from(&built);
    let folder = pages.source_dir();
    pages.book.for_each_chapter_mut(|page| page.content = with_twins(&page.content, &folder));
    pages.build()?;
    Ok(built)
}

/// Answers requests for ever. A page is built anew if anything that it may include has changed since the last time.
fn serve(server: &Server, built: &Path) -> Result<()> {
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

/// The newest time of a file that a page is made of.
fn last_change() -> Option<SystemTime> {
    let folders = ["book", "examples", "tests/snapshots", "tests/guide"];
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
