//! `cargo xtask book`: the book, built by mdBook as a library into `target/book`.
//!
//! mdBook does not report an include or a link that leads nowhere, so the pages are checked first. Then the pages of each edition
//! are put together ([`edition`]) and built: the English one, and beside it the Chinese one. The built book consists of files
//! that need no server, except for the Chinese search.

mod blocks;
mod chinese;
pub(crate) mod chrome;
pub(crate) mod edition;
mod exercises;
mod live;
mod pictures;
mod players;
mod practice;
mod questions;
pub(crate) mod scripts;
mod search;
pub(crate) mod serve;
mod sources;
mod timelines;
mod versions;

use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use guide_tests::words::Words;
use guide_tests::{book, root};

use self::edition::Stock;
use crate::translation::{self, Catalogue};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Serve the book on this machine, and open it in a browser
    #[arg(long)]
    open: bool,
    /// Serve the book on this machine; after a change it is rebuilt when a page is loaded
    #[arg(long)]
    serve: bool,
    /// The port of the server
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Fetch the compiler for WebAssembly if it is missing, and fail if the programs of the pages cannot be built with it
    #[arg(long)]
    require_live: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let built = build(arguments.require_live)?;
    if !(arguments.serve || arguments.open) {
        println!("{}", built.join("index.html").display());
        return Ok(());
    }
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).context("cannot serve")?;
    let address = format!("http://127.0.0.1:{}/", arguments.port);
    println!("the book is at {address}; Ctrl-C ends this");
    if arguments.open {
        open::that(address)?;
    }
    serve::serve(&listener, &built)
}

/// Checks the pages and builds the book; returns its folder. The programs that run in a page may be missing, unless they are
/// `required`.
pub(crate) fn build(required: bool) -> Result<PathBuf> {
    let mut problems = Vec::new();
    for check in [book::pages, book::includes, book::fences, book::links] {
        problems.extend(check(root())?);
    }
    if !problems.is_empty() {
        bail!("the pages of the book are not in shape:\n{}", problems.join("\n"));
    }
    let stock = Stock::whole(required)?;
    let built = root().join("target/book");
    let mut pages = edition::compose(&stock, &Words::english())?;
    pages.config.build.build_dir.clone_from(&built);
    pages.build()?;
    let words = Words::translated(Catalogue::read(&translation::path())?.translations());
    let pages = edition::compose(&stock, &words)?;
    chinese::build(pages, &built, &words).context("in the Chinese edition")?;
    sources::write(root(), &built).context("cannot write the sources of the programs")?;
    stock.write_steps(&built, &Words::english())?;
    // With new `Words`, because the old ones have recorded many requests by now.
    let words = Words::translated(Catalogue::read(&translation::path())?.translations());
    stock.write_steps(&built.join(translation::LANGUAGE), &words)?;
    if let Some(module) = stock.module() {
        live::write(module, &built).context("cannot write the programs that run in a page")?;
    }
    Ok(built)
}
