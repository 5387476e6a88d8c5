//! The guide's chain of coroutines: `bulk_crawl_and_write` gathers many
//! `write_one`, each of which awaits `parse`, which awaits `fetch_html`. What is
//! wrong with one page is one line of the log and nothing else.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::iter::successors;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use asyncio::{
    Error, Result, RuntimeError, TimeoutError, gather, timeout, to_thread,
};
use asyncio_http::{ClientResponseError, ClientSession};
use indicatif::ProgressBar;
use log::{error, info};
use regex::Regex;
use url::Url;

static HREF_RE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"href="(.*?)""#).expect("it is well formed"));

// ANCHOR: fetch
/// Gets the HTML of a page, and the URL where it was finally found. Leaves all
/// errors to the caller.
async fn fetch_html(url: &str, session: &ClientSession) -> Result<(String, Url)> {
    let response = session.get(url).await?;
    response.raise_for_status()?;
    info!("Got response [{}] for URL: {url}", response.status().as_u16());
    let found_at = response.url().clone();
    Ok((response.text().await?, found_at))
}
// ANCHOR_END: fetch

// ANCHOR: parse
/// Finds the links in the HTML of a page, if there is such a page.
async fn parse(
    url: &str,
    session: &ClientSession,
) -> Result<Option<BTreeSet<String>>> {
    let (html, base) = match fetch_html(url, session).await {
        Ok(page) => page,
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => {
            error!("exception for {url}{}", description(&error));
            return Ok(None);
        }
    };
    let mut found = BTreeSet::new();
    // No other task runs during this loop, which is short enough.
    for captures in HREF_RE.captures_iter(&html) {
        match base.join(&captures[1]) {
            Ok(link) => drop(found.insert(link.into())),
            Err(error) => error!("Error parsing URL: {} ({error})", &captures[1]),
        }
    }
    info!("Found {} links for {url}", found.len());
    Ok(Some(found))
}
// ANCHOR_END: parse

// ANCHOR: write
/// Writes the links that `url` has to `file`: in a thread, because a disk may be
/// slow, and with one call, so that the lines of two pages do not mix. Gives how
/// many there are.
async fn write_one(
    file: Arc<Mutex<File>>,
    url: String,
    session: ClientSession,
) -> Result<Option<usize>> {
    let Some(found) = parse(&url, &session).await? else { return Ok(None) };
    if found.is_empty() {
        return Ok(Some(0));
    }
    let lines: String =
        found.iter().map(|link| format!("{url}\t{link}\n")).collect();
    to_thread(move || {
        file.lock().expect("no write panics").write_all(lines.as_bytes())
    })
    .await??;
    info!("Wrote results for source URL: {url}");
    Ok(Some(found.len()))
}
// ANCHOR_END: write

// ANCHOR: bulk
/// Crawls many pages at once, for so many seconds at most, and writes to the file
/// what each has as soon as it is done. Gives how many links each page has that
/// could be read.
pub(crate) async fn bulk_crawl_and_write(
    path: &Path,
    urls: BTreeSet<String>,
    session: ClientSession,
    seconds: f64,
    progress: ProgressBar,
) -> Result<Vec<Option<usize>>> {
    let mut file = File::create(path).map_err(|error| named(path, &error))?;
    file.write_all(b"source_url\tparsed_url\n")
        .map_err(|error| named(path, &error))?;
    let file = Arc::new(Mutex::new(file));
    let pages = urls.into_iter().map(|url| {
        let (file, session, progress) =
            (file.clone(), session.clone(), progress.clone());
        async move {
            let links = write_one(file, url, session).await?;
            progress.inc(1);
            Ok(links)
        }
    });
    let done = timeout(seconds).run(async |_| gather(pages).await).await;
    let (pages_done, pages) =
        (progress.position(), progress.length().unwrap_or_default());
    progress.finish_and_clear();
    match done {
        Err(error) if error.is::<TimeoutError>() => {
            let message = format!(
                "{pages_done} of {pages} pages done \
                 when {seconds} seconds were over"
            );
            Err(RuntimeError::new(message).into())
        }
        Err(error) => match error.downcast_ref::<io::Error>() {
            // Nothing else than the file makes it fail.
            Some(error) => Err(named(path, error).into()),
            None => Err(error),
        },
        done => done,
    }
}
// ANCHOR_END: bulk

/// The error with the name of the file, which the system leaves out.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot write '{}': {error}", path.display()),
    )
}

/// What went wrong, in one line: `: no such host`, or, as aiohttp has it for a
/// status, ` [404]: Not Found`.
fn description(error: &Error) -> String {
    if error.is::<ClientResponseError>() {
        return format!(" {error}");
    }
    if error.is::<TimeoutError>() {
        return ": no answer in time".to_owned();
    }
    // hyper's errors leave to their sources what really happened.
    let causes = successors(error.source(), |&cause| cause.source());
    causes.fold(format!(": {error}"), |text, cause| format!("{text}: {cause}"))
}
