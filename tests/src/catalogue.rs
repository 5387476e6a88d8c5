//! The rows of the guide, read from `tests/guide/catalogue.toml`.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{read, root};

/// The kinds of rows in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A complete program: it is shown by an example of its own name.
    Program,
    /// An API in use.
    Snippet,
    /// A stated fact.
    Concept,
}

/// The ways to show a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// A program, or a test.
    #[default]
    Program,
    /// A program of `bench/measured`, and the table of what it measured on a page of the book.
    Measurement,
    /// A documentation test that must not compile.
    CompileFail,
    /// A section of the book with a picture.
    Picture,
    /// A section of the book.
    Prose,
}

/// One program, snippet or fact of the guides.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// The name of the row and, where it has one, of its example.
    pub id: String,
    seed: String,
    /// Its place in the guide, such as `8.3`.
    pub section: String,
    /// What it is.
    pub kind: Kind,
    /// Its subject, in a few words.
    pub title: String,
    /// What it takes to show it.
    #[serde(default)]
    pub show: Show,
    /// A row that contains this one: everything that shows that row also shows this one.
    pub merged_into: Option<String>,
    expected: String,
    observed: Option<String>,
}

impl Row {
    /// The number of the guide it comes from, such as `000`.
    pub fn guide(&self) -> &str {
        self.seed.split('_').next().unwrap_or(&self.seed)
    }

    /// Is the row in this section or in a part of it? `8.3.1` is within `8`.
    pub fn is_within(&self, section: &str) -> bool {
        self.section.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The text that the program must print, if the guide or a run of CPython has one.
    ///
    /// If both have one, that of the run is used: it was recorded where the guide's page had lost part of its text.
    ///
    /// # Errors
    ///
    /// Fails when the file that the row names is missing.
    pub fn text(&self) -> Result<Option<String>> {
        match &self.observed {
            Some(observed) => Ok(Some(observed.clone())),
            None if self.expected.is_empty() => Ok(None),
            None => read(root().join("tests/guide/expected").join(&self.expected)).map(Some),
        }
    }
}

/// Every row, in guide order.
///
/// # Errors
///
/// Fails when the catalogue cannot be read.
pub fn rows() -> Result<Vec<Row>> {
    #[derive(Deserialize)]
    struct Catalogue {
        example: Vec<Row>,
    }
    let catalogue: Catalogue =
        toml::from_str(&read(root().join("tests/guide/catalogue.toml"))?).context("in tests/guide/catalogue.toml")?;
    Ok(catalogue.example)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_holds_its_parts_and_nothing_else() {
        let rows = rows().unwrap();
        let row = rows.iter().find(|row| row.id == "cooperative_multitasking").unwrap();
        assert_eq!((row.guide(), row.section.as_str()), ("000", "3.1.1"));
        assert!(row.is_within("3") && row.is_within("3.1") && row.is_within("3.1.1"));
        assert!(!row.is_within("3.1.1.1") && !row.is_within("3.11") && !row.is_within("4"));
    }

    #[test]
    fn every_named_text_is_there_and_every_text_is_named() {
        let rows = rows().unwrap();
        for row in &rows {
            row.text().unwrap();
        }
        for file in crate::files(&root().join("tests/guide/expected"), "txt") {
            let name = file.file_name().unwrap().to_string_lossy();
            assert!(rows.iter().any(|row| row.expected == name), "no row names {name}");
        }
    }
}
