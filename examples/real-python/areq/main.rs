//! Asynchronously gets the links embedded in the HTML of many pages, as Real
//! Python's full program `areq.py` does with aiohttp. `crawl` has the guide's chain
//! of coroutines; the session comes from `asyncio_http`, as it does from aiohttp.
//!
//! Run it: `cargo run --example areq`, for the pages in the `urls.txt` beside this
//! file, or with URLs as arguments. The links that are found stand in
//! `foundurls.txt`.
//!
//! Shows: areq, fetch_error_goes_to_the_caller

mod crawl;
mod limits;
mod logging;

use std::collections::BTreeSet;
use std::path::PathBuf;

use asyncio::{Result, run};
use clap::Parser;
use guide_extra::println;

use crate::crawl::bulk_crawl_and_write;
use crate::limits::Limits;

/// Finds the links of many pages.
#[derive(Parser)]
struct Arguments {
    /// The pages; if none is named, those in the `urls.txt` of the program
    urls: Vec<String>,
    /// The file that the links are written to
    #[arg(short, long, default_value = "foundurls.txt")]
    output: PathBuf,
    /// Seconds for all pages together
    #[arg(long, default_value_t = 300.0)]
    total_timeout: f64,
    #[command(flatten)]
    limits: Limits,
}

// ANCHOR: main
fn main() -> Result<()> {
    let Arguments { urls, output, total_timeout, limits } = Arguments::parse();
    let urls: BTreeSet<String> = match urls.is_empty() {
        true => include_str!("urls.txt").lines().map(str::to_owned).collect(),
        false => urls.into_iter().collect(),
    };
    let (pages, path) = (urls.len(), output.clone());
    let progress = logging::basic_config(pages);
    let links = run(async move {
        let session = limits.session()?;
        bulk_crawl_and_write(&output, urls, session, total_timeout, progress).await
    })?;
    let read: Vec<usize> = links.into_iter().flatten().collect();
    println!(
        "{} of {pages} pages read, {} links in {}",
        read.len(),
        read.iter().sum::<usize>(),
        path.display()
    );
    Ok(())
}
// ANCHOR_END: main
