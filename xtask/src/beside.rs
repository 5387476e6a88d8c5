//! Puts the Python twin beside each program that a page of the book includes.
//!
//! No page mentions the twins. After a block of Rust that includes parts of a program come the parts of the same names of
//! its twin; a twin without parts of its own comes whole, where the page shows the last of the program. The result is
//! Markdown with includes, which mdBook reads as if it stood in the page.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use guide_tests::twins::first_line;
use regex::Regex;

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\{\{#include (?P<file>\S*/examples/\S+)\.rs:(?P<part>\w+)\}\}$").expect("the pattern is well formed")
});

/// A page of the folder, with the twins beside its programs.
pub(crate) fn with_twins(page: &str, folder: &Path) -> String {
    let last = last_parts(page);
    let (mut text, mut block) = (String::new(), None::<(String, Vec<String>)>);
    for line in page.lines() {
        match &mut block {
            None if line.starts_with("```rust") => block = Some((format!("{line}\n"), Vec::new())),
            None => text += &format!("{line}\n"),
            Some((rust, python)) => {
                *rust += &format!("{line}\n");
                if let Some(found) = INCLUDE.captures(line) {
                    let (file, part) = (&found["file"], &found["part"]);
                    python.extend(part_of_twin(folder, file, part, last.get(file) == Some(&part.to_owned())));
                }
                if line == "```" {
                    text += &match python.as_slice() {
                        [] => std::mem::take(rust),
                        parts => beside(rust, &parts.join("\n\n")),
                    };
                    block = None;
                }
            }
        }
    }
    text + &block.map_or_else(String::new, |(rust, _)| rust)
}

/// The last part of each program that a page includes.
fn last_parts(page: &str) -> BTreeMap<String, String> {
    let found = page.lines().filter_map(|line| INCLUDE.captures(line));
    found.map(|found| (found["file"].to_owned(), found["part"].to_owned())).collect()
}

/// The include of what the twin of a program has for this part of it.
fn part_of_twin(folder: &Path, file: &str, part: &str, is_last: bool) -> Option<String> {
    let twin = std::fs::read_to_string(folder.join(format!("{file}.py"))).ok()?;
    let mut parts = twin.lines().filter_map(|line| line.trim().strip_prefix("# ANCHOR: ")).peekable();
    if parts.peek().is_none() {
        // Without the text that opens it: the page says what the program is for.
        let first = first_line(&twin).unwrap_or(1);
        return is_last.then(|| format!("{{{{#include {file}.py:{first}:}}}}"));
    }
    parts.any(|name| name == part).then(|| format!("{{{{#include {file}.py:{part}}}}}"))
}

/// The two blocks in one box. Markdown inside of HTML stands between blank lines.
fn beside(rust: &str, python: &str) -> String {
    format!(
        "<div class=\"twins\">\n\n{rust}\n<details>\n<summary>The same in Python</summary>\n\n\
         ```python\n{python}\n```\n\n</details>\n</div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page beside a program whose twin is this one.
    fn page_of(twin: &str, page: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("examples")).unwrap();
        std::fs::write(folder.path().join("examples/nap.py"), twin).unwrap();
        with_twins(page, folder.path())
    }

    const PAGE: &str = "Once.\n\n```rust,ignore\n{{#include ./examples/nap.rs:bed}}\n```\n\n\
                        ```rust,ignore\n{{#include ./examples/nap.rs:main}}\n```\n\n```text\nzzz\n```\n";

    #[test]
    fn a_part_stands_beside_the_part_of_its_name() {
        let page = page_of("\"\"\"A nap.\"\"\"\n\n# ANCHOR: main\nsleep()\n", PAGE);
        let (bed, main) = page.split_once("nap.rs:main").unwrap();
        assert!(!bed.contains("python"), "the twin has no bed: {bed}");
        assert!(main.contains("```python\n{{#include ./examples/nap.py:main}}\n```"), "{main}");
        assert!(page.starts_with("Once.\n\n```rust") && page.ends_with("```text\nzzz\n```\n"));
    }

    #[test]
    fn a_twin_without_parts_stands_once_and_whole() {
        let page = page_of("\"\"\"A nap.\"\"\"\n\nsleep()\n", PAGE);
        assert_eq!(page.matches("{{#include ./examples/nap.py:3:}}").count(), 1);
        assert!(page.find("nap.rs:main") < page.find("nap.py"), "{page}");
    }

    #[test]
    fn a_page_without_twins_is_left_alone() {
        let other = PAGE.replace("nap", "nip");
        assert_eq!(page_of("", &other), other);
    }
}
