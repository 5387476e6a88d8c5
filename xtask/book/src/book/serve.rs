//! Serves the built book on this machine, and rebuilds it after a change.
//!
//! It answers requests for files and closes the connection after each. A browser opens several connections and leaves some of them
//! idle, so each has a thread of its own and does not block the others.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use guide_tests::root;
use walkdir::WalkDir;

use super::build;

/// How long a connection may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers requests for ever. The book is rebuilt if any of its sources has changed since the last time.
pub(super) fn serve(listener: &TcpListener, built: &Path) -> Result<()> {
    let mut seen = last_change();
    for connection in listener.incoming() {
        let changed = last_change();
        if changed > seen {
            seen = changed;
            if let Err(error) = build(false) {
                eprintln!("{error:#}");
            }
        }
        hand_over(connection?, built);
    }
    Ok(())
}

/// Serves the book as it is until the program ends. Returns its address, with a slash at the end.
pub(crate) fn in_background(built: &Path) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot serve")?;
    let address = format!("http://{}/", listener.local_addr()?);
    let built = built.to_owned();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|connection| hand_over(connection, &built)));
    Ok(address)
}

fn hand_over(connection: TcpStream, built: &Path) {
    let built = built.to_owned();
    // A browser that has changed its mind is no error.
    std::thread::spawn(move || answer(&connection, &built).ok());
}

/// The newest time of a file that a page is made of.
fn last_change() -> Option<SystemTime> {
    let folders = ["book", "examples", "exercises", "questions", "tests/snapshots", "tests/guide"];
    let entries = folders.iter().flat_map(|folder| WalkDir::new(root().join(folder))).filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

/// Answers one request with a file of the built book.
fn answer(mut connection: &TcpStream, built: &Path) -> Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().context("a connection without a request")??;
    // The headers do not matter here, but must be read.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let (status, kind, bytes) = match file(&request, built) {
        Some(file) => ("200 OK", content_type(&file), std::fs::read(&file)?),
        None => ("404 Not Found", "text/plain", b"there is no such page\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    connection.write_all(head.as_bytes())?;
    Ok(connection.write_all(&bytes)?)
}

/// The file that the first line of a request is for, if the book has it.
fn file(request: &str, built: &Path) -> Option<PathBuf> {
    let path = request.strip_prefix("GET /")?.split([' ', '?', '#']).next()?;
    let mut file = built.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    // Nothing outside the book is served.
    let (file, built) = (file.canonicalize().ok()?, built.canonicalize().ok()?);
    file.starts_with(built).then_some(file)
}

/// The content type, for the kinds of files that mdBook writes.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_book_are_served_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let built = folder.path().join("book");
        std::fs::create_dir_all(built.join("zh-CN")).unwrap();
        std::fs::write(built.join("zh-CN/index.html"), "书").unwrap();
        std::fs::write(folder.path().join("secret"), "").unwrap();
        let address = in_background(&built).unwrap();
        let ask = |path: &str| {
            let mut connection =
                TcpStream::connect(address.trim_start_matches("http://").trim_end_matches('/')).unwrap();
            write!(connection, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            std::io::read_to_string(connection).unwrap()
        };
        let _idle = TcpStream::connect(address.trim_start_matches("http://").trim_end_matches('/')).unwrap();
        let page = ask("/zh-CN/?x#y");
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("text/html") && page.ends_with("\r\n\r\n书"),
            "{page}"
        );
        assert!(ask("/zh-CN/none.html").starts_with("HTTP/1.1 404"));
        assert!(ask("/../secret").starts_with("HTTP/1.1 404"));
    }
}
