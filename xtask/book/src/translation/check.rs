//! The problems of a translation that can be found without knowing Chinese: everything that a reader follows or types must be
//! the same in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use guide_tests::words::is_prose;
use mdbook_i18n_helpers::new_cmark_parser;
use pulldown_cmark::{DefaultBrokenLinkCallback, Event, Tag, TagEnd};
use regex::Regex;

use super::catalogue::Entry;
use super::glossary::Glossary;
use super::markdown::with_emphasis;
use super::typography::{CODE, is_han, misprints};

/// Up to this many words that are the same in both languages are names; more were probably left untranslated by mistake.
const NAMES: usize = 3;

/// The HTML of emphasis in a translation, which may be on other words than in English.
const EMPHASIS: [&str; 4] = ["<em>", "</em>", "<strong>", "</strong>"];

/// The components of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Only its words, with a special letter for each piece of code.
    pub(super) words: String,
    code: Vec<String>,
    links: Vec<String>,
    tags: Vec<String>,
}

/// The problems of one translation.
pub(super) fn problems(entry: &Entry, glossary: &Glossary) -> Vec<String> {
    let (english, chinese) = (shape(&entry.english), shape(&entry.chinese));
    let mut problems = Vec::new();
    let mut compare = |what: &str, left: &[String], right: &[String]| {
        let (missing, extra) = (without(left, right), without(right, left));
        if !missing.is_empty() {
            problems.push(format!("{what} that the Chinese has not: {}", missing.join(" ")));
        }
        if !extra.is_empty() {
            problems.push(format!("{what} that the English has not: {}", extra.join(" ")));
        }
    };
    compare("code", &english.code, &chinese.code);
    compare("a link", &english.links, &chinese.links);
    compare("HTML", &english.tags, &chinese.tags);
    compare("a placeholder", &placeholders(&entry.english), &placeholders(&entry.chinese));
    let (left, right) = (numbers(&english.words), numbers(&chinese.words));
    let missing: Vec<&str> = left.difference(&right).map(String::as_str).collect();
    if !missing.is_empty() {
        problems.push(format!("a number that the Chinese has not: {}", missing.join(" ")));
    }
    // English has small numbers as words.
    let is_small =
        |number: &&String| number.parse::<u32>().is_ok_and(|number| number <= 12 || number == 100 || number == 1000);
    let extra: Vec<&str> = right.difference(&left).filter(|number| !is_small(number)).map(String::as_str).collect();
    if !extra.is_empty() {
        problems.push(format!("a number that the English has not: {}", extra.join(" ")));
    }
    let is_chinese = chinese.words.chars().any(is_han);
    let is_long = english.words.split_whitespace().filter(|word| is_prose(word)).count() > NAMES;
    if is_long && !is_chinese {
        problems.push("it is not in Chinese".to_owned());
    }
    let is_sketch = entry.english.contains('\n') || entry.english.contains("  ");
    problems.extend(misprints(&chinese.words, is_sketch));
    if !is_sketch && entry.chinese.trim_matches(' ') != entry.chinese {
        problems.push("a blank at one of its ends".to_owned());
    }
    // A name is the same in both languages.
    if entry.chinese != entry.english {
        problems.extend(glossary.problems(&without_names(&english.words), &chinese.words));
    }
    problems
}

/// The elements of the first list that the second lacks, including those that it has less often.
fn without(one: &[String], other: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    other.iter().for_each(|element| *counts.entry(element).or_default() += 1);
    let mut left = Vec::new();
    for element in one {
        match counts.get_mut(element) {
            Some(count) if *count > 0 => *count -= 1,
            _ => left.push(element.clone()),
        }
    }
    left
}

pub(super) fn shape(text: &str) -> Shape {
    let mut shape = Shape::default();
    let mut in_block = false;
    for event in new_cmark_parser::<DefaultBrokenLinkCallback>(&with_emphasis(text), None) {
        match event {
            // A program that only the translation shows, or a sketch.
            Event::Start(Tag::CodeBlock(_)) => in_block = true,
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if in_block && text.contains("{{#include") => {}
            Event::Text(text) => shape.words += &text,
            Event::SoftBreak | Event::HardBreak => shape.words.push('\n'),
            Event::End(TagEnd::Paragraph) => shape.words.push('\n'),
            Event::Code(code) => {
                shape.code.push(format!("`{code}`"));
                shape.words.push(CODE);
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                shape.links.push(dest_url.to_string())
            }
            Event::InlineHtml(tag) if EMPHASIS.contains(&&*tag) => {}
            Event::InlineHtml(tag) | Event::Html(tag) => shape.tags.push(tag.trim().to_owned()),
            _ => {}
        }
    }
    shape.words = shape.words.trim_end_matches('\n').to_owned();
    shape
}

/// Words without placeholders, and without the calls in a sketch.
fn without_names(words: &str) -> String {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{[a-z_]+\}|\b[\w.]+\([^)]*\)").expect("the pattern is well formed"));
    NAME.replace_all(words, " ").into_owned()
}

fn placeholders(text: &str) -> Vec<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{[a-z_]+\}").expect("the pattern is well formed"));
    // Some may occur twice: only the set counts.
    let found: BTreeSet<String> = NAME.find_iter(text).map(|found| found.as_str().to_owned()).collect();
    found.into_iter().collect()
}

fn numbers(words: &str) -> BTreeSet<String> {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d+(?:[.,]\d+)*").expect("the pattern is well formed"));
    NUMBER.find_iter(words).map(|found| found.as_str().replace(',', "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(english: &str, chinese: &str) -> Vec<String> {
        let entry = Entry { english: english.to_owned(), chinese: chinese.to_owned(), ..Entry::default() };
        problems(&entry, &Glossary::default())
    }

    #[test]
    fn a_translation_in_shape_has_no_problem() {
        for (english, chinese) in [
            (
                "`gather` waits for 2 tasks, see [here](10-gather.md#all).",
                "`gather` 等待 2 个任务，参见[此处](10-gather.md#all)。",
            ),
            ("Two _tasks_ in <kbd>s</kbd>: {count}.", "2 个*任务*，在 <kbd>s</kbd> 中：{count}。"),
            ("tokio LocalSet", "tokio LocalSet"),
            ("See the program.", "见程序：\n\n```rust,ignore\n{{#include ../../examples/x.rs:a}}\n```"),
            ("1,000 times", "1000 次"),
        ] {
            assert_eq!(found(english, chinese), Vec::<String>::new(), "{chinese}");
        }
    }

    #[test]
    fn what_differs_is_named() {
        for (english, chinese, what) in [
            ("Call `wait`.", "调用它。", "code that the Chinese has not: `wait`"),
            ("Call it.", "调用 `wait`。", "code that the English has not: `wait`"),
            ("Call `a` and `a`.", "调用 `a`。", "code that the Chinese has not: `a`"),
            ("See [it](a.md#b).", "见[它](a.md#c)。", "a link that the Chinese has not: a.md#b"),
            ("Press <kbd>s</kbd>.", "按 s 键。", "HTML that the Chinese has not: <kbd>"),
            ("{count} steps", "若干步", "a placeholder that the Chinese has not: {count}"),
            ("It takes 3.14 s.", "要 3.41 秒。", "a number that the Chinese has not: 3.14"),
            ("It takes long.", "要 37 秒。", "a number that the English has not: 37"),
            ("Nobody has translated this one.", "Nobody has translated this one.", "it is not in Chinese"),
            ("It is.", "它是,对的。", "full width"),
        ] {
            let problems = found(english, chinese);
            assert!(problems.iter().any(|problem| problem.contains(what)), "{chinese}: {problems:?}");
        }
    }
}
