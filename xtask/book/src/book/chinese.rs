//! The Chinese edition: built beside the English one, with a link from each page to the same page in the other language.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, ensure};
use guide_tests::words::Words;
use mdbook_driver::MDBook;
use regex::Regex;

use super::{chrome, scripts, search};
use crate::translation::LANGUAGE;

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#" id="(?P<id>[^"]+)""#).expect("the pattern is well formed"));

/// The language's own name.
const CHINESE: &str = "中文";

/// Builds the edition into the folder of its language, in the built English one.
pub(super) fn build(mut pages: MDBook, english: &Path, words: &Words) -> Result<()> {
    let built = english.join(LANGUAGE);
    pages.config.build.build_dir.clone_from(&built);
    pages.config.book.language = Some(LANGUAGE.to_owned());
    for (text, key) in [(&mut pages.config.book.title, "title"), (&mut pages.config.book.description, "description")] {
        let english = text.take().with_context(|| format!("book.toml has no {key}"))?;
        *text = Some(words.say(&english));
    }
    // mdBook's own index splits text at blanks, which Chinese does not have.
    pages.config.set("output.html.search.enable", false)?;
    pages.config.set("output.html.site-url", format!("/asyncio/{LANGUAGE}/"))?;
    // A server has only one page for missing addresses, whatever the language.
    pages.config.set("output.html.input-404", "")?;
    pages.config.set("output.html.edit-url-template", edit_url(&pages)?)?;
    extend(&mut pages, "additional-css", "zh-CN.css")?;
    extend(&mut pages, "additional-js", "search.js")?;
    pages.build()?;
    chrome::script(&built, words)?;
    scripts::write(&built, words)?;
    for page in html(english)? {
        let (original, translated) = (english.join(&page), built.join(&page));
        if page == "404.html" {
            let to_chinese = link(&format!("{LANGUAGE}/index.html"), LANGUAGE, CHINESE);
            std::fs::write(&original, with_link(&std::fs::read_to_string(&original)?, &to_chinese)?)?;
            continue;
        }
        let (left, right) = (std::fs::read_to_string(&original)?, std::fs::read_to_string(&translated)?);
        if page == "toc.html" {
            std::fs::write(&translated, chrome::page(&right, words)?)?;
            continue;
        }
        if page == "07-tasks.html" {
            chrome::all_are_said(&left)?;
        }
        same_anchors(&left, &right).with_context(|| format!("in {LANGUAGE}/{page}"))?;
        let right = chrome::page(&right, words)?;
        let right = right.replacen("</head>", "<script src=\"words.js\"></script>\n</head>", 1);
        // The link has no anchor: a script adds the reader's current one.
        let to_english = link(&format!("../{page}"), "en", "English");
        let to_chinese = link(&format!("{LANGUAGE}/{page}"), LANGUAGE, CHINESE);
        std::fs::write(&original, with_link(&left, &to_chinese)?)?;
        std::fs::write(&translated, with_link(&right, &to_english)?)?;
    }
    search::index(&built)
}

/// The target of "Suggest an edit": the catalogue.
fn edit_url(pages: &MDBook) -> Result<String> {
    let template: String =
        pages.config.get("output.html.edit-url-template")?.context("book.toml has no edit-url-template")?;
    Ok(template.replace("{path}", &format!("po/{LANGUAGE}.po")))
}

/// Adds a file to those that each page loads.
fn extend(pages: &mut MDBook, key: &str, file: &str) -> Result<()> {
    let key = format!("output.html.{key}");
    let mut files: Vec<String> = pages.config.get(&key)?.unwrap_or_default();
    files.push(file.to_owned());
    pages.config.set(key, files)?;
    Ok(())
}

/// The pages of the English edition, which the other has, too.
pub(super) fn html(built: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(built)?.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<String> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".html"));
    names.sort();
    Ok(names)
}

/// Checks that both pages have the same anchors, so that a link to one leads to the same place in the other language.
fn same_anchors(english: &str, chinese: &str) -> Result<()> {
    let ids = |html: &str| -> BTreeSet<String> {
        let (_, content) = html.split_once("<main>").unwrap_or_default();
        ID.captures_iter(content).map(|found| found["id"].to_owned()).collect()
    };
    let (english, chinese) = (ids(english), ids(chinese));
    let missing: Vec<&String> = english.difference(&chinese).collect();
    let extra: Vec<&String> = chinese.difference(&english).collect();
    ensure!(missing.is_empty() && extra.is_empty(), "the anchors differ: missing {missing:?}, extra {extra:?}");
    Ok(())
}

fn link(to: &str, language: &str, name: &str) -> String {
    format!(
        "<a class=\"edition\" href=\"{to}\" hreflang=\"{language}\" lang=\"{language}\" rel=\"alternate\">{name}</a>"
    )
}

fn with_link(html: &str, link: &str) -> Result<String> {
    const PLACE: &str = "<div class=\"right-buttons\">";
    ensure!(html.contains(PLACE), "a page has no place for the link to the other edition");
    Ok(html.replacen(PLACE, &format!("{PLACE}\n{link}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_the_same_in_both_languages() {
        let page = |ids: &[&str]| {
            let headings: String = ids.iter().map(|id| format!("<h2 id=\"{id}\"></h2>")).collect();
            format!("<p id=\"search\"><main>{headings}</main>")
        };
        assert!(same_anchors(&page(&["a"]), &page(&["a"]).replace("search", "")).is_ok());
        let error = same_anchors(&page(&["a", "b"]), &page(&["a", "取消"])).unwrap_err().to_string();
        assert!(error.contains("missing [\"b\"]") && error.contains("取消"), "{error}");
    }

    #[test]
    fn a_page_leads_to_the_other_edition() {
        let page = with_link("<div class=\"right-buttons\">\n</div>", &link("../x.html", "en", "English")).unwrap();
        assert!(page.contains("href=\"../x.html\" hreflang=\"en\"") && page.ends_with("\n</div>"), "{page}");
        assert!(with_link("<p>", "").is_err());
    }
}
