//! The book in Chinese: `cargo xtask translations`, and the translations for building the Chinese edition.
//!
//! `book/po/zh-CN.po` holds the translation of every message: a paragraph, a heading, a cell, a label, a line of a drawing. The
//! list of messages is what the Chinese edition asks for while it is put together ([`asked`]). So no message can be forgotten,
//! and those that are no longer asked for are stale.

mod catalogue;
mod check;
mod glossary;
pub(crate) mod markdown;
mod sheet;
mod typography;
mod verbs;

use std::path::PathBuf;

use anyhow::Result;
use guide_tests::root;
use guide_tests::words::{Asked, Words};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

pub(crate) use self::catalogue::Catalogue;
pub(crate) use self::verbs::{Arguments, run};
use crate::book::{chrome, edition, scripts};

/// The language, as HTML and gettext name it.
pub(crate) const LANGUAGE: &str = "zh-CN";

/// The catalogue of the language.
pub(crate) fn path() -> PathBuf {
    root().join("book/po").join(LANGUAGE).with_extension("po")
}

/// Puts the edition together, and returns the messages that it asked for, in the order of the pages.
pub(crate) fn asked(catalogue: &Catalogue) -> Result<(MDBook, Vec<Asked>)> {
    let words = Words::translated(catalogue.translations());
    let stock = edition::Stock::of_words()?;
    // First, because it asks for the same words many times.
    stock.ask(&words)?;
    let pages = edition::compose(&stock, &words)?;
    for text in [&pages.config.book.title, &pages.config.book.description].into_iter().flatten() {
        words.say(text);
    }
    chrome::ask(&words);
    scripts::ask(&words)?;
    let mut asked = words.asked();
    let mut order = vec!["SUMMARY.md".to_owned()];
    order.extend(pages.iter().filter_map(|item| match item {
        BookItem::Chapter(page) => page.path.as_ref().map(|path| path.to_string_lossy().into_owned()),
        _ => None,
    }));
    // Labels last.
    asked.sort_by_key(|asked| order.iter().position(|page| *page == asked.page).unwrap_or(order.len()));
    Ok((pages, asked))
}
