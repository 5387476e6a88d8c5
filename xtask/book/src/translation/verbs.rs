//! `cargo xtask translations` and its verbs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use guide_tests::book::include_problems;
use guide_tests::{read, root};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

use super::catalogue::Entry;
use super::glossary::Glossary;
use super::{Catalogue, asked, check, path, sheet};
use crate::book::edition::Stock;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the messages that are missing, fuzzy, stale or wrong; this is the default
    Check(Pages),
    /// Update the catalogue from the English pages: add new messages, and mark translations of changed ones as fuzzy
    Update,
    /// Print how many messages of each page are translated
    Status,
    /// Write a sheet with the untranslated messages of pages
    Export {
        #[command(flatten)]
        pages: Pages,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Include the translated messages
        #[arg(long)]
        all: bool,
    },
    /// Copy the translations of sheets into the catalogue
    Import {
        /// The sheets
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Pages {
    /// The pages, such as `07-tasks`, or `labels` for messages without a page; by default, all
    #[arg(value_name = "PAGE")]
    pages: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut catalogue = Catalogue::read(&path())?;
    match &arguments.verb {
        None => check(&catalogue, &[]),
        Some(Verb::Check(Pages { pages })) => check(&catalogue, pages),
        Some(Verb::Update) => update(&mut catalogue),
        Some(Verb::Status) => {
            status(&catalogue);
            Ok(())
        }
        Some(Verb::Export { pages: Pages { pages }, to, all }) => {
            let part = catalogue.part(pages, *all);
            ensure!(!part.entries.is_empty(), "there are no such messages");
            std::fs::write(to, sheet::write(&part))?;
            println!("{} messages are in {}", part.entries.len(), to.display());
            Ok(())
        }
        Some(Verb::Import { files }) => {
            for file in files {
                let (part, unknown) = sheet::read(&read(file)?, &catalogue);
                println!("{}: {} translations", file.display(), catalogue.take(&part));
                unknown.iter().for_each(|key| println!("    no message has the key {key}: it may have changed"));
            }
            catalogue.write(&path())
        }
    }
}

fn update(catalogue: &mut Catalogue) -> Result<()> {
    let (_, asked) = asked(catalogue)?;
    let updated = catalogue.update(&asked);
    if let Some(folder) = path().parent() {
        std::fs::create_dir_all(folder)?;
    }
    catalogue.write(&path())?;
    println!("{} new, {} fuzzy, {} gone", updated.new, updated.fuzzy, updated.gone);
    Ok(())
}

/// Lists every problem, and fails if there is one.
fn check(catalogue: &Catalogue, pages: &[String]) -> Result<()> {
    let glossary = Glossary::load()?;
    let (book, asked) = asked(catalogue)?;
    let mut current = catalogue.clone();
    current.update(&asked);
    let is_wanted = |entry: &Entry| pages.is_empty() || pages.iter().any(|page| entry.is_of(page));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut note = |kind: &'static str, entry: &Entry, what: &str| {
        *counts.entry(kind).or_default() += 1;
        let page = entry.pages.first().map_or("", String::as_str);
        println!("{page}: {kind}{what}: {}", begin(&entry.english));
    };
    for entry in current.entries.iter().filter(|entry| is_wanted(entry)) {
        if entry.chinese.is_empty() {
            note("missing", entry, "");
        } else if entry.fuzzy {
            note("fuzzy", entry, "");
        } else {
            for problem in check::problems(entry, &glossary) {
                note("wrong", entry, &format!(", {problem}"));
            }
            for problem in include_problems(&root().join("book/src"), &entry.chinese) {
                note("wrong", entry, &format!(", {problem}"));
            }
        }
    }
    for entry in catalogue.entries.iter().filter(|entry| is_wanted(entry) && current.get(&entry.english).is_none()) {
        note("stale", entry, "");
    }
    if pages.is_empty() {
        for program in not_shown(&book)? {
            *counts.entry("not shown").or_default() += 1;
            println!("not shown: the program {program}, which prints Chinese");
        }
    }
    let total = current.entries.iter().filter(|entry| is_wanted(entry)).count();
    if counts.is_empty() {
        println!("all of {total} messages are translated");
        return Ok(());
    }
    let found: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    bail!("of {total} messages: {}; book/po/README.md says what to do", found.join(", "))
}

/// The programs of the Chinese guide that no page shows.
fn not_shown(book: &MDBook) -> Result<Vec<String>> {
    let stock = Stock::of_words()?;
    let mut left: Vec<String> = stock.programs().filter(|name| name.starts_with("zh_")).map(str::to_owned).collect();
    for item in book.iter() {
        if let BookItem::Chapter(page) = item {
            left.retain(|name| !page.content.contains(&format!("/{name}.rs\" title")));
        }
    }
    Ok(left)
}

fn status(catalogue: &Catalogue) {
    let mut pages: Vec<(&str, usize, usize)> = Vec::new();
    for entry in &catalogue.entries {
        let page = entry.pages.first().map_or("", String::as_str);
        let place = pages.iter().position(|(name, ..)| *name == page).unwrap_or_else(|| {
            pages.push((page, 0, 0));
            pages.len() - 1
        });
        pages[place].1 += usize::from(entry.is_done());
        pages[place].2 += 1;
    }
    for (page, done, total) in pages {
        println!("{done:5} of {total:5}  {page}");
    }
}

fn begin(text: &str) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() > 70 { format!("{}…", line.chars().take(70).collect::<String>()) } else { line }
}
