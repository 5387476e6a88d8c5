//! mdBook's own words around every page, and those of its script.
//!
//! mdBook has them only in English, inside its templates. The built pages are changed, before and after their content. A word
//! that is no longer found fails the build, because a new mdBook then has different words.

use std::path::Path;

use anyhow::{Result, ensure};
use guide_tests::words::Words;

/// Texts of elements, and of the attributes `title` and `aria-label`.
const AROUND: [&str; 16] = [
    "Table of contents",
    "Toggle Table of Contents",
    "Change theme",
    "Themes",
    "Auto",
    "Light",
    "Coal",
    "Navy",
    "Ayu",
    "Print this book",
    "Git repository",
    "Suggest an edit",
    "Page navigation",
    "Previous chapter",
    "Next chapter",
    "Keyboard shortcuts",
];

/// Sentences with the names of keys in them.
const KEYS: [&str; 3] = [
    "Press <kbd>←</kbd> or <kbd>→</kbd> to navigate between chapters",
    "Press <kbd>?</kbd> to show this help",
    "Press <kbd>Esc</kbd> to hide this help",
];

/// Of the script.
const SCRIPT: [&str; 4] = ["Copy to clipboard", "Copied!", "Show hidden lines", "Hide lines"];

/// Asks for each of them, so that they are in the list of messages to translate.
pub(crate) fn ask(words: &Words) {
    for english in AROUND.iter().chain(&KEYS).chain(&SCRIPT) {
        words.say(english);
    }
}

/// A page in the language of the edition, except for its content.
pub(super) fn page(html: &str, words: &Words) -> Result<String> {
    let (before, rest) = html.split_once("<main>").unwrap_or((html, ""));
    let (content, after) = rest.split_once("</main>").unwrap_or((rest, ""));
    let around = |part: &str| {
        let mut part = part.to_owned();
        for english in AROUND {
            let translation = words.say(english);
            for (open, close) in [("title=\"", "\""), ("aria-label=\"", "\""), (">", "<")] {
                part = part.replace(&format!("{open}{english}{close}"), &format!("{open}{translation}{close}"));
            }
        }
        KEYS.iter().fold(part, |part, english| part.replace(english, &words.say(english)))
    };
    let (before, after) = (around(before), around(after));
    Ok(if rest.is_empty() { before } else { format!("{before}<main>{content}</main>{after}") })
}

/// Changes the script below a built edition.
pub(super) fn script(built: &Path, words: &Words) -> Result<()> {
    let mut found = false;
    for entry in std::fs::read_dir(built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !(name.starts_with("book") && name.ends_with(".js")) {
            continue;
        }
        found = true;
        let mut text = std::fs::read_to_string(&path)?;
        for english in SCRIPT {
            let is_there = text.contains(&format!("'{english}'"));
            ensure!(
                is_there,
                "mdBook's script says {english:?} no more: look at SCRIPT in xtask/book/src/book/chrome.rs"
            );
            let translation = words.say(english);
            text = text.replace(&format!("'{english}'"), &format!("'{translation}'"));
            text = text.replace(&format!("\"{english}\""), &format!("\"{translation}\""));
        }
        std::fs::write(&path, text)?;
    }
    ensure!(found, "mdBook has written no book.js");
    Ok(())
}

/// Fails when a page lacks one of these words.
pub(super) fn all_are_said(html: &str) -> Result<()> {
    for english in AROUND.iter().chain(&KEYS) {
        ensure!(html.contains(english), "mdBook says {english:?} no more: look at xtask/book/src/book/chrome.rs");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_page_is_translated_and_its_content_is_left() {
        let words = Words::translated(
            [("Auto".to_owned(), "自动".to_owned()), ("Themes".to_owned(), "主题".to_owned())].into(),
        );
        let html = "<ul aria-label=\"Themes\"><button>Auto</button></ul><main><p>Auto</p></main><a title=\"Themes\">";
        assert_eq!(
            page(html, &words).unwrap(),
            "<ul aria-label=\"主题\"><button>自动</button></ul><main><p>Auto</p></main><a title=\"主题\">"
        );
        assert!(all_are_said(html).is_err());
    }
}
