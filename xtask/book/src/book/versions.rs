//! The Chinese guide's own programs, which print Chinese: on a page of the Chinese edition each comes below the output of the
//! program that it is a version of, as `book/po/programs.toml` says.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use guide_tests::examples::Example;
use guide_tests::words::Words;
use guide_tests::{read, root};

/// Programs by name, and the one that each is a version of.
#[derive(Debug)]
pub(super) struct Versions {
    of: BTreeMap<String, String>,
    placed: Vec<String>,
}

impl Versions {
    pub(super) fn load() -> Result<Self> {
        let path = root().join("book/po/programs.toml");
        let of = toml::from_str(&read(&path)?).with_context(|| format!("in {}", path.display()))?;
        Ok(Self { of, placed: Vec::new() })
    }

    /// A page with the versions of its programs.
    pub(super) fn place(&mut self, page: &str, examples: &[Example], words: &Words) -> Result<String> {
        let mut text = page.to_owned();
        for (name, original) in &self.of {
            let output = format!("{{{{#include ../../tests/outputs/{original}.txt}}}}\n```\n");
            let Some(at) = text.find(&output).filter(|_| !self.placed.contains(name)) else { continue };
            let example = examples.iter().find(|example| example.name == *name);
            let example = example.with_context(|| format!("there is no program {name}"))?;
            let source = read(root().join("examples").join(&example.path))?;
            let lead = words.say("The Chinese guide's version:");
            text.insert_str(at + output.len(), &format!("\n{lead}\n\n{}", blocks(example, &source)));
            self.placed.push(name.clone());
        }
        Ok(text)
    }

    /// Fails when a program has found no place.
    pub(super) fn all_are_placed(&self) -> Result<()> {
        match self.of.iter().find(|(name, _)| !self.placed.contains(name)) {
            Some((name, original)) => bail!("no page shows the output of {original}, below which {name} comes"),
            None => Ok(()),
        }
    }
}

/// A program with its parts, or all of it without its opening text, and its output.
fn blocks(example: &Example, source: &str) -> String {
    let (path, name) = (&example.path, &example.name);
    let parts: Vec<&str> = source.lines().filter_map(|line| line.trim().strip_prefix("// ANCHOR: ")).collect();
    let include = |part: &str| format!("{{{{#include ../../examples/{path}:{part}}}}}");
    let code: Vec<String> = if parts.is_empty() {
        let header = source.lines().take_while(|line| line.starts_with("//!") || line.is_empty()).count();
        vec![include(&format!("{}:", header + 1))]
    } else {
        parts.into_iter().map(include).collect()
    };
    format!(
        "```rust,ignore\n{}\n```\n\n```text\n{{{{#include ../../tests/outputs/{name}.txt}}}}\n```\n",
        code.join("\n\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_comes_below_the_output_of_its_original() {
        let name = "zh_iterator".to_owned();
        let example = Example {
            name: name.clone(),
            path: "15-iterators/zh_iterator.rs".to_owned(),
            args: Vec::new(),
            shows: Vec::new(),
        };
        let mut versions = Versions { of: [(name, "nap".to_owned())].into(), placed: Vec::new() };
        assert!(versions.all_are_placed().is_err());
        let page = "```text\n{{#include ../../tests/outputs/nap.txt}}\n```\n\nMore.\n";
        let page = versions.place(page, &[example], &Words::english()).unwrap();
        let (before, after) = page.split_once("The Chinese guide's version:").unwrap();
        assert!(before.contains("nap.txt") && after.contains("zh_iterator.rs:program}}"), "{page}");
        assert!(after.ends_with("outputs/zh_iterator.txt}}\n```\n\nMore.\n"), "{page}");
        versions.all_are_placed().unwrap();
    }

    #[test]
    fn a_program_without_parts_is_shown_without_the_text_that_opens_it() {
        let example =
            Example { name: "nap".to_owned(), path: "5/nap.rs".to_owned(), args: Vec::new(), shows: Vec::new() };
        assert!(blocks(&example, "//! A nap.\n\nuse x;\n").contains("5/nap.rs:3:}}"));
        assert!(blocks(&example, "// ANCHOR: a\n// ANCHOR_END: a\n    // ANCHOR: b\n").contains(":a}}\n\n{{#include"));
    }
}
