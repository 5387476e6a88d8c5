//! The pages of the book in the language of an edition, before mdBook makes HTML of them.
//!
//! A page is translated first, in its source form with includes and markers. Then each block gets its caption and its twin, and
//! drawings, questions and exercises are put into the page; these ask for the translations of their words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use guide_tests::examples::{Example, examples};
use guide_tests::live::module::Module;
use guide_tests::words::Words;
use guide_tests::{book, read, root};
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use regex::Regex;

use super::blocks::Programs;
use super::live::Places;
use super::players::Players;
use super::practice::Practice;
use super::versions::Versions;
use super::{pictures, timelines};
use crate::translation::markdown;

/// The data from which the pages of every edition are made.
pub(crate) struct Stock {
    examples: Vec<Example>,
    places: Places,
    players: Players,
    module: Option<Module>,
    host: String,
}

impl Stock {
    /// The complete data, with the module of the programs that run in a page, which may be missing unless it is `required`.
    pub(super) fn whole(required: bool) -> Result<Self> {
        let examples = examples(root())?;
        let (places, module) = Places::build(root(), &examples, required)?;
        Ok(Self { examples, places, players: Players::find(root()), module, host: host()? })
    }

    /// All that has words.
    pub(crate) fn of_words() -> Result<Self> {
        let places = Places::without_module(root())?;
        Ok(Self { examples: examples(root())?, places, players: Players::find(root()), module: None, host: host()? })
    }

    pub(super) fn module(&self) -> Option<&Module> {
        self.module.as_ref()
    }

    /// Writes the data of an edition's players.
    pub(super) fn write_steps(&self, built: &Path, words: &Words) -> Result<()> {
        self.players.write(root(), &self.examples, built, words).context("cannot write the steps of the programs")
    }

    /// Asks for the words of the players.
    pub(crate) fn ask(&self, words: &Words) -> Result<()> {
        self.players.ask(root(), &self.examples, words)
    }

    /// The names of all programs.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().map(|example| example.name.as_str())
    }
}

fn host() -> Result<String> {
    Ok(format!("{}/blob/main/", book::repository(root())?))
}

/// The book of an edition, which knows its words.
pub(crate) fn compose(stock: &Stock, words: &Words) -> Result<MDBook> {
    let mut pages = MDBook::load(root().join("book"))?;
    let folder = pages.source_dir();
    if !words.are_english() {
        translate(&mut pages, &folder, &stock.examples, words)?;
    }
    let programs = Programs {
        examples: &stock.examples,
        host: stock.host.clone(),
        live: Some(&stock.places),
        players: &stock.players,
        words,
    };
    let mut practice = Practice::load(root())?;
    for page in pages.iter().filter_map(|item| if let BookItem::Chapter(page) = item { Some(page) } else { None }) {
        practice.titles(&name_of(page), &page.name, &page.content);
    }
    each(&mut pages, |page| {
        words.turn_to(&format!("{}.md", name_of(page)));
        let content = programs.with_captions(&page.content, root());
        let content = pictures::with_drawings(&content, &folder, words)?;
        let content = timelines::with_timelines(&content, root(), words)?;
        page.content = practice.place(&name_of(page), &content, root(), words)?;
        Ok(())
    })?;
    practice.all_are_placed()?;
    Ok(pages)
}

/// Titles and texts of all pages.
fn translate(pages: &mut MDBook, folder: &Path, examples: &[Example], words: &Words) -> Result<()> {
    words.turn_to("SUMMARY.md");
    pages.book.for_each_mut(|item| match item {
        BookItem::Chapter(page) => page.name = words.plain(&page.name),
        BookItem::PartTitle(title) => *title = words.plain(title),
        BookItem::Separator => {}
    });
    let made: BTreeMap<String, String> = guide_tests::translated_pages(words)?.into_iter().collect();
    let mut versions = Versions::load()?;
    each(pages, |page| {
        let name = name_of(page);
        let file = format!("{name}.md");
        words.turn_to(&file);
        page.content = if let Some(made) = made.get(&file) {
            made.clone()
        } else {
            let text = markdown::translated(&with_documents(&page.content, folder)?, words)?;
            versions.place(&text, examples, words)?
        };
        Ok(())
    })?;
    versions.all_are_placed()
}

/// A page with the text of each document that it includes, because that must be translated with it.
fn with_documents(page: &str, folder: &Path) -> Result<String> {
    static DOCUMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\{\{#include (?P<file>\S+\.md)(?::(?P<first>\d+):)?\}\}$")
            .expect("the pattern is well formed")
    });
    let mut text = String::new();
    let mut rest = page;
    while let Some(found) = DOCUMENT.captures(rest) {
        let whole = found.get(0).context("a match has a whole")?;
        let document = read(folder.join(&found["file"]))?;
        let first = found.name("first").and_then(|first| first.as_str().parse().ok()).unwrap_or(1);
        text += &rest[..whole.start()];
        text += &document.lines().skip(first - 1).collect::<Vec<_>>().join("\n");
        rest = &rest[whole.end()..];
    }
    Ok(text + rest)
}

/// Changes each page, up to the first failure.
fn each(pages: &mut MDBook, mut change: impl FnMut(&mut Chapter) -> Result<()>) -> Result<()> {
    let mut failed = None;
    pages.book.for_each_chapter_mut(|page| {
        if failed.is_none() {
            failed = change(page).with_context(|| format!("in {}", page.name)).err();
        }
    });
    failed.map_or(Ok(()), Err)
}

/// The name of a page without its ending, such as `07-tasks`.
fn name_of(page: &Chapter) -> String {
    page.path.as_ref().and_then(|path| path.file_stem()).unwrap_or_default().to_string_lossy().into_owned()
}
