//! The rows of the guide that pages of the book show: those that no program can show, or not alone.
//!
//! A page declares them, in a line below the heading of the section that shows the row: `<!-- Shows: row, row -->`. The claim
//! is that section, up to the next heading. A test cannot understand prose, but it can check that the section has some, whether
//! it has a picture, and which recorded measurements it includes.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::marks::names;
use crate::{book, files, read, relative};

/// A section of a page that says it shows a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The row.
    pub row: String,
    /// The id of the section's heading.
    pub heading: String,
    /// The page, below the root of the workspace.
    pub file: String,
    /// Whether the section has a picture: an image, an included drawing, or a sketch in plain text.
    pub has_picture: bool,
}

/// Every claim of the pages of the book.
///
/// # Errors
///
/// Fails when a page cannot be read, or when a claim stands above the first heading or over an empty section.
pub fn told(root: &Path) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for page in files(&root.join("book/src"), "md") {
        all.extend(told_by(&read(&page)?, &relative(root, &page))?);
    }
    Ok(all)
}

/// The claims of one page.
fn told_by(page: &str, file: &str) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for section in sections(page) {
        let rows: Vec<String> = section.comments().flat_map(|comment| names(comment, "Shows")).collect();
        ensure!(
            rows.is_empty() || section.heading.is_some(),
            "{file}: says that it shows {}, and not below a heading",
            rows.join(", ")
        );
        let Some(heading) = &section.heading else { continue };
        ensure!(
            rows.is_empty() || section.has_words(),
            "{file}: says that the section {heading} shows {}, and it is empty",
            rows.join(", ")
        );
        let has_picture = section.has_picture();
        all.extend(rows.into_iter().map(|row| Told {
            row,
            heading: heading.clone(),
            file: file.to_owned(),
            has_picture,
        }));
    }
    Ok(all)
}

/// A heading and the lines up to the next one.
pub(crate) struct Section<'a> {
    pub(crate) heading: Option<String>,
    pub(crate) lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    fn comments(&self) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(|line| comment(line))
    }

    fn has_words(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with(char::is_alphanumeric))
    }

    fn has_picture(&self) -> bool {
        let is_picture = |line: &&str| {
            let sketch = line.trim() == "```text";
            sketch
                || line.contains("![")
                || line.contains("<svg")
                || line.contains("<figure")
                || line.contains(".svg}}")
        };
        // Text included into a block is the output of a program, not a sketch.
        let is_output = |next: &&str| next.trim_start().starts_with("{{#include");
        let mut lines = self.lines.iter().peekable();
        while let Some(line) = lines.next() {
            if is_picture(line) && !(line.trim() == "```text" && lines.peek().is_some_and(|next| is_output(next))) {
                return true;
            }
        }
        false
    }
}

fn comment(line: &str) -> Option<&str> {
    Some(line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}

/// A page, split at its headings. A `#` inside a fenced block is not a heading.
pub(crate) fn sections(page: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section { heading: None, lines: Vec::new() }];
    let mut is_fenced = false;
    for line in page.lines() {
        is_fenced ^= line.trim_start().starts_with("```");
        if !is_fenced && line.starts_with('#') {
            sections.push(Section { heading: book::headings(line).pop(), lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(page: &str) -> Vec<(String, String, bool)> {
        let told = told_by(page, "p.md").unwrap();
        told.into_iter().map(|told| (told.row, told.heading, told.has_picture)).collect()
    }

    #[test]
    fn a_claim_is_the_section_that_it_stands_in() {
        let page = "# Naps\n\nAll of them.\n\n## Short {#short}\n<!-- Shows: nap, dream -->\n\nA few minutes.\n\n\
                    ## Long ones\n\n<!-- Shows: sleep -->\n![A bed](bed.svg)\n\nAll night.\n";
        let found = pictures(page);
        let expected = [("nap", "short", false), ("dream", "short", false), ("sleep", "long-ones", true)];
        assert_eq!(found, expected.map(|(row, heading, picture)| (row.to_owned(), heading.to_owned(), picture)));
    }

    #[test]
    fn a_sketch_is_a_picture_and_an_output_is_none() {
        let page = |block: &str| format!("# A\n<!-- Shows: nap -->\n\nWords.\n\n```text\n{block}\n```\n");
        assert!(pictures(&page("ready -> running"))[0].2);
        assert!(!pictures(&page("{{#include ../../nap.txt}}"))[0].2);
    }

    #[test]
    fn a_heading_in_a_block_of_code_begins_no_section() {
        let page = "# A\n\n```python\n# not this\n```\n<!-- Shows: nap -->\nWords.\n";
        assert_eq!(pictures(page)[0].1, "a");
    }

    #[test]
    fn a_claim_needs_a_heading_and_words() {
        assert!(told_by("<!-- Shows: nap -->\n\n# A\n\nWords.\n", "p.md").is_err());
        assert!(told_by("# A\n<!-- Shows: nap -->\n\n## B\n\nWords.\n", "p.md").is_err());
    }
}
