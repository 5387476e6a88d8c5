//! The file that `areq` writes: how many lines it has, and the first three, as `wc`
//! and `head` would show them.
//!
//! Run it:
//! `cargo run --example areq_found_urls -- https://www.bloomberg.com/markets/economics`
//!
//! Shows: areq_found_urls

mod crawl;
mod limits;

use std::fs;
use std::path::Path;

use asyncio::{Result, run};
use clap::Parser;
use indicatif::ProgressBar;

use crate::crawl::bulk_crawl_and_write;
use crate::limits::Limits;

#[derive(Parser)]
struct Arguments {
    /// The pages
    #[arg(required = true)]
    urls: Vec<String>,
    #[command(flatten)]
    limits: Limits,
}

// ANCHOR: program
fn main() -> Result<()> {
    let Arguments { urls, limits } = Arguments::parse();
    let path = Path::new("foundurls.txt");
    run(async move {
        let (urls, nothing) = (urls.into_iter().collect(), ProgressBar::hidden());
        bulk_crawl_and_write(path, urls, limits.session()?, 60.0, nothing).await
    })?;
    let found = fs::read_to_string(path)?;
    println!("{:8} {}", found.lines().count(), path.display());
    for line in found.lines().take(3) {
        println!("{line}");
    }
    Ok(())
}
// ANCHOR_END: program
