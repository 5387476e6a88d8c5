//! Finds problems that mdBook does not report: links that lead nowhere, pages that are not listed, anchors that do not exist,
//! and code that was typed into a page.
//!
//! mdBook shows an unknown anchor as an empty block and an unknown file as raw braces, and still succeeds. So the pages
//! are checked here, at their source, together with the Markdown files at the root of the repository.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::snapshots::FIRST_LINE;
use crate::{files, read, relative, unknown};

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<escape>\\)?\{\{#(?:include|rustdoc_include|playground)\s+(?P<file>[^\s:}]+)(?::(?P<part>[^\s}]*))?[^}]*\}\}")
        .expect("the pattern is well formed")
});

/// The allowed hosts of links. An unknown host is usually a typo; a new one must be added here.
const HOSTS: &[&str] = &[
    "anyio.readthedocs.io",
    "asyncio-rs.github.io",
    "bugs.python.org",
    "crates.io",
    "discuss.python.org",
    "doc.rust-lang.org",
    "docs.aiohttp.org",
    "docs.python.org",
    "docs.rs",
    "en.wikipedia.org",
    "github.com",
    "hyper.rs",
    "insta.rs",
    "journal.stuffwithstuff.com",
    "peps.python.org",
    "pypi.org",
    "python.org",
    "realpython.com",
    "rust-lang.github.io",
    "superfastpython.com",
    "tokio.rs",
    "trio.readthedocs.io",
    "ui.perfetto.dev",
    "uvloop.readthedocs.io",
    "vorpus.org",
    "www.python.org",
    "www.rfc-editor.org",
    "www.rust-lang.org",
];

/// Relative links of the pages, and of the documents at the root, lead to a file and to a heading in it; those to the Internet
/// are well-formed addresses at a known host. They are not followed, because a check must not need the Internet.
///
/// # Errors
///
/// Fails when a page cannot be read.
pub fn links(root: &Path) -> Result<Vec<String>> {
    let mut documents = page_files(root);
    documents.extend(files(root, "md").into_iter().filter(|path| path.parent() == Some(root)));
    let mut problems = Vec::new();
    for document in documents {
        let text = read(&document)?;
        let name = relative(root, &document);
        for link in targets(&text) {
            if let Err(problem) = follow(root, &document, &link) {
                problems.push(format!("{name}: the link to {link}: {problem:#}"));
            }
        }
        for link in addresses(&text) {
            if let Err(problem) = well_formed(&link) {
                problems.push(format!("{name}: the link to {link}: {problem:#}"));
            }
        }
        for reference in undefined(&text) {
            problems.push(format!("{name}: [{reference}] is defined nowhere"));
        }
    }
    Ok(problems)
}

/// Every page is listed in `SUMMARY.md` once, and every listed page exists.
///
/// # Errors
///
/// Fails when `SUMMARY.md` cannot be read.
pub fn pages(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("book/src");
    let listed = targets(&read(folder.join("SUMMARY.md"))?);
    let pages: Vec<String> = page_files(root).iter().map(|path| relative(&folder, path)).collect();
    let mut problems = Vec::new();
    for (index, page) in listed.iter().enumerate() {
        if page.is_empty() {
            problems.push("SUMMARY.md lists a chapter without a page".to_owned());
        } else if !pages.contains(page) {
            problems.push(format!("SUMMARY.md lists an {}", unknown("page", page, pages.iter().map(String::as_str))));
        } else if listed[..index].contains(page) {
            problems.push(format!("SUMMARY.md lists {page} twice"));
        }
    }
    // The page for missing addresses is not a chapter.
    let is_chapter = |page: &&String| !["SUMMARY.md", "404.md"].contains(&page.as_str());
    let unlisted = pages.iter().filter(is_chapter).filter(|page| !listed.contains(page));
    problems.extend(unlisted.map(|page| format!("book/src/{page} is not listed in SUMMARY.md")));
    Ok(problems)
}

/// Every `{{#include}}` names a file, and an anchor or lines that it has.
///
/// # Errors
///
/// Fails when a page cannot be read.
pub fn includes(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for page in page_files(root) {
        let folder = page.parent().unwrap_or(root);
        let found = include_problems(folder, &read(&page)?);
        problems.extend(found.iter().map(|problem| format!("{}: {problem}", relative(root, &page))));
    }
    Ok(problems)
}

/// The problems with the includes of a text in this folder.
pub fn include_problems(folder: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for found in INCLUDE.captures_iter(text).filter(|found| found.name("escape").is_none()) {
        let part = found.name("part").map_or("", |part| part.as_str());
        if let Err(problem) = included(&folder.join(&found["file"]), part) {
            problems.push(format!("{}: {problem:#}", &found[0]));
        }
    }
    problems
}

/// A block of Rust on a page is included from a program that compiles, and so is the output of an example.
///
/// A sketch that cannot be part of a program is marked `text`.
///
/// # Errors
///
/// Fails when a page cannot be read.
pub fn fences(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for page in page_files(root) {
        for (info, code) in blocks(&read(&page)?) {
            let is_included = code.lines().filter(|line| !line.trim().is_empty()).all(|line| INCLUDE.is_match(line));
            let is_code = info.split([',', ' ']).next() == Some("rust");
            let is_output = code.starts_with("$ cargo run --example");
            if (is_code || is_output) && !is_included {
                let first = code.lines().next().unwrap_or_default();
                problems.push(format!("{}: typed, not included: {first}", relative(root, &page)));
            }
        }
    }
    Ok(problems)
}

/// The pages that `SUMMARY.md` lists, in its order, each with its title.
pub(crate) fn listed(root: &Path) -> Result<Vec<(String, String)>> {
    let summary = read(root.join("book/src/SUMMARY.md"))?;
    let mut listed: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for event in events(&summary) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                listed.push((dest_url.to_string(), String::new()));
                is_open = true;
            }
            Event::Text(words) | Event::Code(words) if is_open => {
                listed.last_mut().expect("a link is open").1 += &words;
            }
            Event::End(TagEnd::Link) => is_open = false,
            _ => {}
        }
    }
    Ok(listed)
}

/// The address of the repository at its code host, from `Cargo.toml`.
///
/// # Errors
///
/// Fails when the manifest cannot be read or does not say it.
pub fn repository(root: &Path) -> Result<String> {
    let manifest: toml::Table = toml::from_str(&read(root.join("Cargo.toml"))?).context("in Cargo.toml")?;
    let address =
        manifest.get("workspace").and_then(|table| table.get("package")).and_then(|table| table.get("repository"));
    Ok(address.and_then(toml::Value::as_str).context("Cargo.toml names no repository")?.to_owned())
}

fn page_files(root: &Path) -> Vec<PathBuf> {
    files(&root.join("book/src"), "md")
}

fn events(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_HEADING_ATTRIBUTES)
}

/// The targets of a page's links and images, other than on the Internet.
fn targets(text: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    let is_local = |target: &String| !target.contains("://") && !target.starts_with("mailto:");
    events(text).filter_map(target).filter(is_local).collect()
}

/// The targets of a page's links and images on the Internet.
fn addresses(text: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    events(text).filter_map(target).filter(|target| target.contains("://") || target.starts_with("mailto:")).collect()
}

/// Whether an address is one that a reader can follow.
fn well_formed(address: &str) -> Result<()> {
    let rest = address.strip_prefix("https://").context("it does not begin with https://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    anyhow::ensure!(
        HOSTS.contains(&host),
        "{}: add it to HOSTS in tests/src/book.rs",
        unknown("host", host, HOSTS.iter().copied())
    );
    let strange = address.chars().find(|letter| !letter.is_ascii_graphic() || "<>\"\\^`{|}".contains(*letter));
    anyhow::ensure!(strange.is_none(), "{:?} has to be escaped", strange.unwrap_or_default());
    anyhow::ensure!(address.matches('#').count() <= 1, "it has two fragments");
    Ok(())
}

/// The references of a page, `[words][name]`, that nothing defines: Markdown shows them as they are typed.
fn undefined(text: &str) -> Vec<String> {
    let mut undefined = Vec::new();
    let mut note = |link: pulldown_cmark::BrokenLink<'_>| {
        // `[x]` alone may be a word in brackets.
        if matches!(link.link_type, pulldown_cmark::LinkType::Reference | pulldown_cmark::LinkType::Collapsed) {
            undefined.push(link.reference.to_string());
        }
        None
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_HEADING_ATTRIBUTES;
    Parser::new_with_broken_link_callback(text, options, Some(&mut note)).for_each(drop);
    undefined
}

/// The fenced blocks of a page: the words after the fence, and the text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for event in events(text) {
        match (event, &mut open) {
            (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))), _) => {
                open = Some((info.to_string(), String::new()))
            }
            (Event::Text(text), Some((_, code))) => code.push_str(&text),
            (Event::End(TagEnd::CodeBlock), _) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

/// The ids of the headings of a page, as mdBook and GitHub make them.
pub(crate) fn headings(text: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut open: Option<(Option<String>, String)> = None;
    for event in events(text) {
        match (event, &mut open) {
            (Event::Start(Tag::Heading { id, .. }), _) => open = Some((id.map(|id| id.to_string()), String::new())),
            (Event::Text(text) | Event::Code(text), Some((_, words))) => words.push_str(&text),
            (Event::End(TagEnd::Heading(_)), _) => {
                if let Some((id, words)) = open.take() {
                    ids.push(id.unwrap_or_else(|| slug(&words)));
                }
            }
            _ => {}
        }
    }
    ids
}

/// The id of a heading with these words, as mdBook and GitHub make it.
pub fn slug(words: &str) -> String {
    let letter = |letter: char| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || letter == '-' || letter == '_' => Some(letter),
        _ => None,
    };
    words.trim().to_lowercase().chars().filter_map(letter).collect()
}

/// Follows a relative link of a document to its file and its heading.
fn follow(root: &Path, document: &Path, link: &str) -> Result<()> {
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let folder = document.parent().unwrap_or(root);
    let target = if path.is_empty() { document.to_owned() } else { folder.join(path) };
    let target = target.canonicalize().context("there is no such file")?;
    let pages = root.join("book/src");
    // Files outside are not copied into the built book.
    if document.starts_with(&pages) && !target.starts_with(pages.canonicalize()?) {
        anyhow::bail!("it leads out of the book");
    }
    if let Some(heading) = heading {
        let ids = headings(&read(&target)?);
        if !ids.iter().any(|id| id == heading) {
            anyhow::bail!("{}", unknown("heading", heading, ids.iter().map(String::as_str)));
        }
    }
    Ok(())
}

/// Finds the part of a file that an include names: an anchor, lines, or all of it.
fn included(file: &Path, part: &str) -> Result<()> {
    let text = read(file)?;
    let is_lines = part.chars().all(|letter| letter.is_ascii_digit() || letter == ':');
    let first = part.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(1);
    if file.extension().is_some_and(|extension| extension == "snap") && !(is_lines && first >= FIRST_LINE) {
        anyhow::bail!("the text of a snapshot begins in line {FIRST_LINE}: write \":{FIRST_LINE}:\" after its name");
    }
    if is_lines {
        let lines = text.lines().count();
        let last = part.rsplit(':').find_map(|line| line.parse().ok()).unwrap_or(first);
        anyhow::ensure!(first <= lines && last <= lines, "the file ends in line {lines}");
        return Ok(());
    }
    let names = |marker: &str| -> Vec<&str> {
        let after = text.lines().filter_map(|line| line.split_once(marker));
        after.filter_map(|(_, name)| name.split_whitespace().next()).collect()
    };
    let begun = names("ANCHOR: ");
    anyhow::ensure!(begun.contains(&part), "{}", unknown("anchor", part, begun.iter().copied()));
    anyhow::ensure!(names("ANCHOR_END: ").contains(&part), "the anchor {part:?} has no end");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems that a check finds in a book with one page and one program.
    fn found(check: fn(&Path) -> Result<Vec<String>>, summary: &str, page: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("book/src/SUMMARY.md", summary);
        write("book/src/page.md", page);
        write("nap.rs", "// ANCHOR: sleep\nsleep();\n// ANCHOR_END: sleep\n// ANCHOR: open\n");
        write("nap.snap", "---\nsource: x\n---\n$ cargo run --example nap\nawake\n");
        check(folder.path()).unwrap()
    }

    const SUMMARY: &str = "# Summary\n\n- [A page](page.md)\n";

    #[test]
    fn links_lead_to_files_and_headings_inside_the_book() {
        let check = |page: &str| found(links, SUMMARY, page).len();
        assert_eq!(check("# `run` it!\n\n[up](#run-it) [here](page.md#run-it) [far](https://python.org/nowhere)\n"), 0);
        assert_eq!(check("# A {#short}\n\n[up](#short)\n"), 0);
        assert_eq!(check("[lost](pages.md)\n"), 1);
        assert_eq!(check("# Run it\n\n[lost](#run)\n"), 1);
        assert_eq!(check("[out](../../nap.rs)\n"), 1);
    }

    #[test]
    fn links_to_the_internet_have_the_form_of_addresses() {
        let check = |link: &str| found(links, SUMMARY, &format!("[far]({link})\n")).len();
        assert_eq!(check("https://docs.python.org/3/library/asyncio-task.html#asyncio.gather"), 0);
        assert_eq!(check("<https://docs.python.org/3/library/a b>"), 1, "a space");
        assert_eq!(check("http://docs.python.org/3/"), 1);
        assert_eq!(check("https://doc.python.org/3/"), 1, "no such host");
        assert_eq!(check("https://docs.python.org/3/#a#b"), 1);
    }

    #[test]
    fn references_are_defined() {
        let check = |page: &str| found(links, SUMMARY, page).len();
        assert_eq!(check("[it][pep-492] and a[i] and [x]\n\n[pep-492]: https://peps.python.org/pep-0492/\n"), 0);
        assert_eq!(check("[it][pep-429]\n\n[pep-492]: https://peps.python.org/pep-0492/\n"), 1);
    }

    #[test]
    fn pages_are_listed_once() {
        assert_eq!(found(pages, SUMMARY, ""), [""; 0]);
        assert_eq!(found(pages, "# Summary\n", "").len(), 1);
        assert_eq!(found(pages, &format!("{SUMMARY}- [Again](page.md)\n- [Draft]()\n- [Lost](pag.md)\n"), "").len(), 3);
    }

    #[test]
    fn includes_name_a_file_and_a_part_of_it() {
        let check = |include: &str| found(includes, SUMMARY, &format!("```rust\n{include}\n```\n")).len();
        assert_eq!(
            check("{{#include ../../nap.rs:sleep}}\n{{#include ../../nap.rs:2:3}}\n{{#include ../../nap.snap:4:}}"),
            0
        );
        assert_eq!(check("\\{{#include ../../nip.rs}}"), 0, "an escaped one is text");
        for wrong in ["nip.rs", "nap.rs:sleeps", "nap.rs:open", "nap.rs:2:9", "nap.snap", "nap.snap:2:"] {
            assert_eq!(check(&format!("{{{{#include ../../{wrong}}}}}")), 1, "{wrong}");
        }
    }

    #[test]
    fn code_and_output_are_included_rather_than_typed() {
        let check = |info: &str, code: &str| found(fences, SUMMARY, &format!("```{info}\n{code}\n```\n")).len();
        assert_eq!(check("rust", "{{#include ../../nap.rs:sleep}}\n\n{{#include ../../nap.rs}}"), 0);
        assert_eq!(check("text", "a sketch;"), 0);
        assert_eq!(check("python", "sleep()"), 0);
        assert_eq!(check("rust", "sleep();"), 1);
        assert_eq!(check("rust,ignore", "{{#include ../../nap.rs}}\nsleep();"), 1);
        assert_eq!(check("text", "$ cargo run --example nap\nawake"), 1);
    }
}
