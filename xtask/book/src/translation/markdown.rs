//! A page in another language, as Markdown.
//!
//! `mdbook-i18n-helpers` cuts a page into messages (a paragraph, a heading, an item, a cell) and replaces each by its
//! translation. This module adds three things: a block of code is never cut into pieces because of its language, a heading keeps
//! its English id, and emphasis is written as HTML, because the delimiters of Markdown do not work between Chinese letters:
//! `这是_异步_的` has none.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use guide_tests::words::Words;
use mdbook_i18n_helpers::{extract_events, extract_messages, new_cmark_parser, translate_events};
use polib::catalog::Catalog;
use polib::message::Message;
use polib::metadata::CatalogMetadata;
use pulldown_cmark::{CodeBlockKind, CowStr, DefaultBrokenLinkCallback, Event, Tag, TagEnd};
use pulldown_cmark_to_cmark::{Options, cmark_with_options};
use regex::Regex;

/// Markdown in the language of the edition; unchanged for the English edition.
pub(crate) fn translated(text: &str, words: &Words) -> Result<String> {
    if words.are_english() {
        return Ok(text.to_owned());
    }
    let (text, blocks) = without_code(text, words);
    let mut catalog = Catalog::new(CatalogMetadata::new());
    for (_, message) in extract_messages(&text)? {
        if let Some(translation) = words.told(&message.message) {
            let mut entry = Message::build_singular();
            catalog.append_or_update(entry.with_msgid(message.message).with_msgstr(with_emphasis(&translation)).done());
        }
    }
    let events = with_ids(extract_events(&text, None));
    let events = translate_events(&events, &catalog)?;
    let text = written(events.into_iter().map(|(_, event)| with_tags(event)))?;
    with_code(&text, &blocks)
}

/// The messages of a text that must be translated, without those in code.
#[cfg(test)]
fn messages(text: &str) -> Vec<String> {
    let words = Words::translated(BTreeMap::new());
    translated(text, &words).unwrap();
    words.asked().into_iter().map(|asked| asked.english).collect()
}

/// Events as Markdown.
fn written<'a>(events: impl Iterator<Item = Event<'a>>) -> Result<String> {
    // A fence of three, which is what the caption code looks for.
    let options = Options { list_token: '-', code_block_token_count: 3, ..Options::default() };
    let mut text = String::new();
    cmark_with_options(events, &mut text, options).context("the translation is no Markdown")?;
    Ok(text.trim_end().to_owned() + "\n")
}

/// The placeholder for a block of code.
fn placeholder(index: usize) -> String {
    format!("<!-- block {index} -->")
}

/// The text without its blocks of code, and the blocks, whose words are in the language of the edition.
fn without_code(text: &str, words: &Words) -> (String, Vec<String>) {
    let (mut kept, mut blocks, mut end) = (String::new(), Vec::new(), 0);
    for (range, info) in code_blocks(text) {
        kept += &text[end..range.start];
        kept += &placeholder(blocks.len());
        blocks.push(block(text, &range, &info, words));
        end = range.end;
    }
    (kept + &text[end..], blocks)
}

fn code_blocks(text: &str) -> Vec<(Range<usize>, String)> {
    let parser = new_cmark_parser::<DefaultBrokenLinkCallback>(text, None).into_offset_iter();
    let block = |(event, range): (Event<'_>, Range<usize>)| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            let closed = range.start..range.start + text[range.clone()].trim_end().len();
            Some((closed, info.to_string()))
        }
        _ => None,
    };
    parser.filter_map(block).collect()
}

/// One block without its indentation. A sketch, and comments in code written in the page, count as words of the page.
fn block(text: &str, range: &Range<usize>, info: &str, words: &Words) -> String {
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let column = range.start - line;
    let set_back = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        line.get(indent.min(column)..).unwrap_or_default().to_owned()
    };
    let mut lines: Vec<String> = text[range.clone()].lines().map(set_back).collect();
    let body = lines[1..lines.len().saturating_sub(1).max(1)].join("\n");
    let is_sketch = matches!(info, "" | "text") && !body.starts_with("cargo ");
    let has_comment = !info.starts_with("rust") && body.lines().any(|line| line.contains("# ") || line.contains("// "));
    if !body.contains("{{#include") && (is_sketch || has_comment) {
        let last = lines.len() - 1;
        lines.splice(1..last, [words.plain(&body)]);
    }
    lines.join("\n")
}

/// Puts the blocks back into their places, with the indentation there.
fn with_code(text: &str, blocks: &[String]) -> Result<String> {
    let mut text = text.to_owned();
    for (index, block) in blocks.iter().enumerate() {
        let placeholder = placeholder(index);
        let at = text.find(&placeholder).with_context(|| format!("a block of code is lost: {block}"))?;
        let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let indent = " ".repeat(at - line);
        text = text.replacen(&placeholder, &block.replace('\n', &format!("\n{indent}")), 1);
    }
    Ok(text)
}

/// Each heading with the id that mdBook makes for it in English.
fn with_ids(events: Vec<(usize, Event<'_>)>) -> Vec<(usize, Event<'_>)> {
    let mut words = Vec::new();
    let mut open = None;
    for (_, event) in &events {
        match event {
            Event::Start(Tag::Heading { .. }) => open = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => words.extend(open.take()),
            Event::Text(text) | Event::Code(text) => open.iter_mut().for_each(|open| *open += text),
            _ => {}
        }
    }
    let mut words = words.into_iter();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let with_id = |(line, event)| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            let words = words.next().unwrap_or_default();
            let id = id.unwrap_or_else(|| CowStr::from(unique(guide_tests::book::slug(&words), &mut seen)));
            (line, Event::Start(Tag::Heading { level, id: Some(id), classes, attrs }))
        }
        event => (line, event),
    };
    events.into_iter().map(with_id).collect()
}

fn unique(slug: String, seen: &mut BTreeMap<String, usize>) -> String {
    let count = seen.entry(slug.clone()).or_default();
    *count += 1;
    if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
}

/// A translation with its emphasis outside of code, `*…*` and `**…**`, as HTML.
pub(super) fn with_emphasis(text: &str) -> String {
    static STRONG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\*\*([^*\n]+)\*\*").expect("the pattern is well formed"));
    static EMPHASIS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\*([^*\n]+)\*").expect("the pattern is well formed"));
    if !text.contains('*') {
        return text.to_owned();
    }
    // Code is set aside, because emphasis may go around it.
    let mut codes = Vec::new();
    let mut outside = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 0 {
            outside += piece;
        } else {
            codes.push(piece);
            outside.push('`');
        }
    }
    let outside = STRONG.replace_all(&outside, "<strong>$1</strong>");
    let outside = EMPHASIS.replace_all(&outside, "<em>$1</em>");
    let mut codes = codes.into_iter();
    let with_code = |letter: char| match letter {
        '`' => format!("`{}`", codes.next().unwrap_or_default()),
        letter => letter.to_string(),
    };
    outside.chars().map(with_code).collect()
}

/// Emphasis in the remaining English, as HTML.
fn with_tags(event: Event<'_>) -> Event<'_> {
    let tag = |tag: &'static str| Event::InlineHtml(CowStr::from(tag));
    match event {
        Event::Start(Tag::Emphasis) => tag("<em>"),
        Event::End(TagEnd::Emphasis) => tag("</em>"),
        Event::Start(Tag::Strong) => tag("<strong>"),
        Event::End(TagEnd::Strong) => tag("</strong>"),
        event => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chinese(pairs: &[(&str, &str)]) -> Words {
        Words::translated(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_heading_keeps_its_english_id() {
        let words = chinese(&[("What is asyncio?", "什么是 asyncio？"), ("Call", "调用")]);
        let page = translated("# What is asyncio?\n\n## Call {#call}\n\n## Call\n\n## Call\n", &words).unwrap();
        assert_eq!(
            page,
            "# 什么是 asyncio？ { #what-is-asyncio }\n\n## 调用 { #call }\n\n## 调用 { #call }\n\n## 调用 { #call-1 }\n"
        );
    }

    #[test]
    fn emphasis_works_between_chinese_letters() {
        let words = chinese(&[("It is _asynchronous_.", "这是*异步*的。")]);
        assert_eq!(translated("It is *asynchronous*.\n", &words).unwrap(), "这是<em>异步</em>的。\n");
        for (markdown, html) in [
            ("**问？**答", "<strong>问？</strong>答"),
            ("**`a * b`？**是 `c*d*e`。", "<strong>`a * b`？</strong>是 `c*d*e`。"),
            ("*“引”*后", "<em>“引”</em>后"),
        ] {
            assert_eq!(with_emphasis(markdown), html);
        }
    }

    #[test]
    fn a_block_of_code_is_one_piece_and_stands_where_it_stood() {
        let page = "- one:\n\n  ```rust,ignore\n  {{#include ../../examples/x.rs:a}}\n  \"s\"; // c\n  ```\n\n- two\n\n```text\n a  =  b\n```\n";
        let words = chinese(&[("one:", "一："), (" a  =  b", " 甲  =  乙"), ("two", "二")]);
        assert_eq!(
            translated(page, &words).unwrap(),
            "- 一：\n  \n  ```rust,ignore\n  {{#include ../../examples/x.rs:a}}\n  \"s\"; // c\n  ```\n  \n- 二\n\n```text\n 甲  =  乙\n```\n"
        );
        assert_eq!(messages("```text\n{{#include ../../tests/outputs/x.txt}}\n```\n"), Vec::<String>::new());
        assert_eq!(messages("```sh\nls\n```\n\n```sh\nls # all of it\n```\n"), ["ls # all of it"]);
    }

    #[test]
    fn a_translation_may_show_a_program_of_its_own() {
        let words = chinese(&[("See below.", "见下文：\n\n```rust,ignore\n{{#include ../../examples/zh.rs:a}}\n```")]);
        let page = translated("See below.\n\nThe end of it.\n", &words).unwrap();
        assert!(
            page.starts_with("见下文：\n\n```rust,ignore\n{{#include ../../examples/zh.rs:a}}\n```\n\n<span lang"),
            "{page}"
        );
    }

    #[test]
    fn what_has_no_translation_is_marked_in_its_place() {
        let page = translated(
            "| One | `two` |\n| --- | --- |\n| more | 3 |\n\n<!-- questions -->\n",
            &chinese(&[("One", "一")]),
        )
        .unwrap();
        assert!(page.contains("|一|`two`|"), "{page}");
        assert!(page.contains("|<span lang=\"en\" class=\"untranslated\">more</span>|3|"), "{page}");
        assert!(page.ends_with("\n<!-- questions -->\n"), "{page}");
    }

    /// The text of a page as a reader sees it, with emphasis and headings as a translation writes them.
    fn seen(text: &str) -> Vec<String> {
        let mut seen = vec![String::new()];
        for event in new_cmark_parser::<DefaultBrokenLinkCallback>(text, None) {
            let last = seen.last_mut().unwrap();
            match with_tags(event) {
                Event::Text(text) => *last += &text,
                Event::Code(code) => *last += &format!("`{code}`"),
                Event::SoftBreak => last.push(' '),
                Event::InlineHtml(tag) => *last += &tag,
                Event::Html(html) => *last += html.trim(),
                Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
                Event::Start(Tag::Heading { level, .. }) => seen.extend([level.to_string(), String::new()]),
                Event::Start(Tag::Table(_)) => seen.extend(["table".to_owned(), String::new()]),
                event => seen.extend([format!("{event:?}").replace("Boxed", "Borrowed"), String::new()]),
            }
        }
        seen
    }

    #[test]
    fn a_page_whose_translation_is_its_english_stays_as_it_is() {
        for page in std::fs::read_dir(guide_tests::root().join("book/src")).unwrap() {
            let page = page.unwrap().path();
            if page.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = guide_tests::read(&page).unwrap();
            let asked = messages(&text);
            let same: Vec<(&str, &str)> = asked.iter().map(|english| (english.as_str(), english.as_str())).collect();
            let translated = translated(&text, &chinese(&same)).unwrap();
            let (left, right) = (seen(&text), seen(&translated));
            let differ = left.iter().zip(&right).find(|(left, right)| left != right);
            assert!(differ.is_none() && left.len() == right.len(), "{}: {differ:?}", page.display());
        }
    }
}
