//! The timelines of programs, where a page says `<!-- timeline: ID -->` on a line of its own.
//!
//! They are drawn from the data in `tests/timelines`, so that building the book runs no program.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use guide_tests::timeline::{Timeline, svg};
use guide_tests::words::Words;
use regex::Regex;

static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^<!-- timeline: (?P<name>\w+) -->$").expect("the pattern is well formed"));

/// A page with its timelines.
pub(super) fn with_timelines(page: &str, root: &Path, words: &Words) -> Result<String> {
    let mut text = String::new();
    let mut rest = page;
    while let Some(found) = MARKER.captures(rest) {
        let (whole, name) = (found.get(0).expect("a match has a whole"), &found["name"]);
        text += &rest[..whole.start()];
        text += &svg::figure(&Timeline::kept(root, name)?, name, words);
        rest = &rest[whole.end()..];
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_becomes_the_drawing_that_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("tests/timelines")).unwrap();
        let kept =
            "{\"task\":{\"name\":\"Task-1\",\"coroutine\":\"nap\"}}\n{\"step\":{\"task\":0,\"then\":\"finished\"}}\n";
        std::fs::write(folder.path().join("tests/timelines/nap.jsonl"), kept).unwrap();
        let page =
            with_timelines("Before.\n\n<!-- timeline: nap -->\n\nAfter.\n", folder.path(), &Words::english()).unwrap();
        assert!(
            page.starts_with("Before.\n\n<figure class=\"timeline\"") && page.ends_with("</figure>\n\nAfter.\n"),
            "{page}"
        );
        let error = with_timelines("<!-- timeline: none -->\n", folder.path(), &Words::english()).unwrap_err();
        assert!(format!("{error:#}").contains("cargo xtask timeline --bless none"), "{error:#}");
        let inside = "A line with `<!-- timeline: none -->` in it.\n";
        assert_eq!(with_timelines(inside, folder.path(), &Words::english()).unwrap(), inside);
    }
}
