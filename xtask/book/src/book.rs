//! `cargo xtask book`: the book, built by mdBook as a library into `target/book`.
//!
//! mdBook is silent about an include or a link that leads nowhere, so the pages are checked first. Then each block gets its
//! caption and its Python twin, each drawing comes into its page, and so do its questions and exercises, and the
//! place of its Run button. The built book is files that need no server.

mod blocks;
mod exercises;
mod live;
mod pictures;
mod practice;
mod questions;
mod serve;
mod sources;
mod timelines;

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use guide_tests::examples::examples;
use guide_tests::{book, root};
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use tiny_http::Server;

use self::blocks::Programs;
use self::practice::Practice;

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
    serve::serve(&server, &built)
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
    let examples = examples(root())?;
    let (live, module) = live::Places::build(root(), &examples)?.unzip();
    let programs = Programs { examples, host: format!("{}/blob/main/", book::repository(root())?), live };
    let mut practice = Practice::load(root())?;
    for page in pages.iter().filter_map(|item| if let BookItem::Chapter(page) = item { Some(page) } else { None }) {
        practice.titles(&name_of(page), &page.name, &page.content);
    }
    let mut failed = None;
    pages.book.for_each_chapter_mut(|page| {
        page.content = programs.with_captions(&page.content, root());
        let content = pictures::with_drawings(&page.content, &folder)
            .and_then(|content| timelines::with_timelines(&content, root()))
            .and_then(|content| practice.place(&name_of(page), &content, root()));
        match content {
            Ok(content) => page.content = content,
            Err(error) => failed = failed.take().or(Some(error.context(format!("in {}", page.name)))),
        }
    });
    failed.map_or(Ok(()), Err)?;
    practice.all_are_placed()?;
    pages.build()?;
    sources::write(root(), &built).context("cannot write the sources of the programs")?;
    if let Some(module) = module {
        live::write(&module, &built).context("cannot write the programs that run in a page")?;
    }
    Ok(built)
}

/// The name of a page without its ending, such as `07-tasks`.
fn name_of(page: &Chapter) -> String {
    page.path.as_ref().and_then(|path| path.file_stem()).unwrap_or_default().to_string_lossy().into_owned()
}
