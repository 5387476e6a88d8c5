//! The pages of the book that are made from other files: the place of each name of asyncio, the programs of each chapter, and
//! the pages for each section of the guides.
//!
//! They are committed, so that a code host shows them, too: there a page of the book has no code, because all of it is
//! included.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::book::{listed, repository, slug};
use crate::catalogue::Row;
use crate::coverage::Claim;
use crate::examples::{Example, header};
use crate::told::sections;
use crate::words::Words;
use crate::{read, twins};

/// The program at the beginning of README.md, below `examples`.
const OPENS: &str = "reference/factorial_gather";

/// The marks around it there.
const MARKS: [&str; 2] = ["<!-- program: made by `cargo xtask bless --tables` -->", "<!-- program ends -->"];

/// The pages that this module generates.
const GENERATED: [&str; 3] = ["names.md", "programs.md", "guides.md"];

/// The guides by the number that the catalogue has for them.
const GUIDES: [(&str, &str, &str); 4] = [
    (
        "000",
        "Python Asyncio: The Complete Guide",
        "by Jason Brownlee, [at Super Fast Python](https://superfastpython.com/python-asyncio/). Both of its editions have these sections.",
    ),
    (
        "002",
        "Async IO in Python: A Complete Walkthrough",
        "[at Real Python](https://realpython.com/async-io-python/). The sections are counted in the order of its headings.",
    ),
    ("003", "The Chinese guide", "The sections have the numbers of its table of contents."),
    (
        "004",
        "Coroutines and Tasks",
        "[in Python's documentation](https://docs.python.org/3/library/asyncio-task.html), as it was for Python 3.7, with the \
         additions of its Chinese translation. The sections are counted in the order of its headings.",
    ),
];

/// A section of a page of the book, as the target of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The page's position in the book.
    order: usize,
    page: String,
    heading: Option<String>,
}

impl Place {
    fn link(&self, titles: &[(String, String)], words: &Words) -> String {
        let title = titles.iter().find(|(page, _)| *page == self.page).map_or(self.page.as_str(), |(_, title)| title);
        let heading = self.heading.as_ref().map_or_else(String::new, |heading| format!("#{heading}"));
        format!("[{}]({}{heading})", words.plain(title), self.page)
    }
}

/// The generated pages of the book, each with its text.
///
/// # Errors
///
/// Fails when a file that they are made from cannot be read.
pub(crate) fn generated(
    root: &Path,
    rows: &[Row],
    examples: &[Example],
    claims: &[Claim],
) -> Result<Vec<(PathBuf, String)>> {
    let folder = root.join("book/src");
    let titles = listed(root)?;
    let shown = shown(root, examples, &titles)?;
    let readme = read(root.join("README.md"))?;
    let words = Words::english();
    let texts = [
        names(&readme)?,
        programs(root, examples, &shown, &titles, &words)?,
        guides(rows, examples, claims, &shown, &titles, &Headings::new(), &words),
    ];
    Ok(GENERATED.iter().zip(texts).map(|(page, text)| (folder.join(page), text)).collect())
}

/// The pages that must be generated again in another language, each with its text; the others are translated as they are.
///
/// # Errors
///
/// Fails when a file that they are made from cannot be read.
pub(crate) fn translated(
    root: &Path,
    rows: &[Row],
    examples: &[Example],
    claims: &[Claim],
    words: &Words,
) -> Result<Vec<(String, String)>> {
    let titles = listed(root)?;
    let shown = shown(root, examples, &titles)?;
    words.turn_to(GENERATED[1]);
    let programs = programs(root, examples, &shown, &titles, words)?;
    words.turn_to(GENERATED[2]);
    let guides = guides(rows, examples, claims, &shown, &titles, &headings(root, &titles)?, words);
    Ok(vec![(GENERATED[1].to_owned(), programs), (GENERATED[2].to_owned(), guides)])
}

/// Where the book shows each example: the sections that include a part of it.
fn shown(root: &Path, examples: &[Example], titles: &[(String, String)]) -> Result<BTreeMap<String, BTreeSet<Place>>> {
    let mut shown: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    for (order, (page, _)) in titles.iter().enumerate() {
        // The generated pages show no program, and may not exist yet.
        if GENERATED.contains(&page.as_str()) {
            continue;
        }
        let text = read(root.join("book/src").join(page))?;
        for (i, section) in sections(&text).iter().enumerate() {
            // The first heading is that of the page.
            let heading = section.heading.clone().filter(|_| i > 1);
            for example in examples {
                let include = format!("/examples/{}", example.path.trim_end_matches("main.rs"));
                if section.lines.iter().any(|line| line.starts_with("{{#include") && line.contains(&include)) {
                    let place = Place { order, page: page.clone(), heading: heading.clone() };
                    shown.entry(example.name.clone()).or_default().insert(place);
                }
            }
        }
    }
    Ok(shown)
}

/// The table of README, for the book.
fn names(readme: &str) -> Result<String> {
    let begins = readme.find("| asyncio | here |").context("README.md has no table of names")?;
    let table: String =
        readme[begins..].lines().take_while(|line| line.starts_with('|')).map(|l| format!("{l}\n")).collect();
    let table = table.replace("](book/src/", "](");
    Ok(format!(
        "# Where each name of asyncio is\n\nFind the Python name in the first column. The others say what it is called here, \
         which crate has it, a program that uses it, and where this book explains it. What you miss here stands in \
         [Not here](not-here.md). The signatures are in Python's documentation, under \
         [High-level API](https://docs.python.org/3/library/asyncio-api-index.html) and \
         [Low-level API](https://docs.python.org/3/library/asyncio-llapi-index.html).\n\n{table}"
    ))
}

/// The programs of each page, with their sources at the code host.
fn programs(
    root: &Path,
    examples: &[Example],
    shown: &BTreeMap<String, BTreeSet<Place>>,
    titles: &[(String, String)],
    words: &Words,
) -> Result<String> {
    let host = format!("{}/blob/main/examples", repository(root)?);
    let mut text = format!(
        "{}\n{}\n",
        heading(1, "The programs of each chapter", words),
        words.prose(
            "Each program stands where it is shown first, with its twin in Python. Run one by its name: `cargo run --example NAME`."
        )
    );
    let first = |example: &Example| shown.get(&example.name).and_then(|places| places.first()).map(|place| place.order);
    let mut of: Vec<(String, String, Vec<&Example>)> = Vec::new();
    for (order, (page, title)) in titles.iter().enumerate() {
        let those = examples.iter().filter(|example| first(example) == Some(order)).collect();
        of.push((title.clone(), page.clone(), those));
    }
    of.push((
        "Not shown in a chapter".to_owned(),
        String::new(),
        examples.iter().filter(|one| first(one).is_none()).collect(),
    ));
    for (title, page, those) in of.iter().filter(|(_, _, those)| !those.is_empty()) {
        write!(text, "\n{}\n", heading(2, title, words))?;
        if !page.is_empty() {
            writeln!(text, "[{}]({page})\n", words.say("The chapter"))?;
        }
        for example in those {
            let path = &example.path;
            let purpose = purpose(&header(&read(root.join("examples").join(path))?));
            write!(text, "- [`{}`]({host}/{path})", example.name)?;
            if twins::path(root, path).exists() {
                write!(text, " ([Python]({host}/{}))", path.replace(".rs", ".py"))?;
            }
            writeln!(text, ": {}", words.prose(&purpose))?;
        }
    }
    Ok(text)
}

/// A heading with the id that it has in English, and a blank line.
fn heading(level: usize, english: &str, words: &Words) -> String {
    let id = if words.are_english() { String::new() } else { format!(" {{#{}}}", slug(english)) };
    format!("{} {}{id}\n", "#".repeat(level), words.plain(english))
}

/// The first sentence of the comment that opens a program.
fn purpose(header: &str) -> String {
    let paragraph: Vec<&str> = header.lines().take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let ends = paragraph.match_indices(['.', '。']).map(|(i, end)| i + end.len());
    let end = ends.into_iter().find(|&end| paragraph[end..].is_empty() || paragraph[end..].starts_with(' '));
    paragraph[..end.unwrap_or(paragraph.len())].to_owned()
}

/// The sections of each guide, and the sections of the book that show what they teach.
fn guides(
    rows: &[Row],
    examples: &[Example],
    claims: &[Claim],
    shown: &BTreeMap<String, BTreeSet<Place>>,
    titles: &[(String, String)],
    names: &Headings,
    words: &Words,
) -> String {
    let mut text = format!(
        "{}\n{}\n",
        heading(1, "From your guide to this book", words),
        words.prose(
            "Read a section in your guide, then find its number here: beside it stands where this book shows the same in Rust."
        )
    );
    let of_row = |row: &Row| -> BTreeSet<Place> {
        let id = row.merged_into.as_ref().unwrap_or(&row.id);
        let mut places = BTreeSet::new();
        for claim in claims.iter().filter(|claim| claim.row == *id) {
            let page = claim.file.strip_prefix("book/src/").and_then(|file| file.split_once('#'));
            if let Some((page, heading)) = page {
                let order = titles.iter().position(|(listed, _)| listed == page).unwrap_or(titles.len());
                places.insert(Place { order, page: page.to_owned(), heading: Some(heading.to_owned()) });
            } else if examples.iter().any(|example| example.name == claim.by) {
                places.extend(shown.get(&claim.by).into_iter().flatten().cloned());
            }
        }
        places
    };
    for (number, name, about) in GUIDES {
        let [section, teaches, here] = ["Section", "What it teaches", "In this book"].map(|column| words.say(column));
        let (heading, about) = (heading(2, name, words), words.prose(about));
        write!(text, "\n{heading}\n{about}\n\n| {section} | {teaches} | {here} |\n| --- | --- | --- |\n")
            .expect("a string takes everything");
        let mut sections: Vec<(&str, Vec<&Row>)> = Vec::new();
        for row in rows.iter().filter(|row| row.guide() == number) {
            match sections.iter_mut().find(|(section, _)| *section == row.section) {
                Some((_, rows)) => rows.push(row),
                None => sections.push((&row.section, vec![row])),
            }
        }
        for (section, rows) in sections {
            let places: BTreeSet<Place> = rows.iter().flat_map(|row| of_row(row)).collect();
            let links = links(&places, titles, names, words);
            // A title is plain text: `|` would end the cell, and text between two `__` would be bold.
            let plain = |title: &str| title.replace('|', "\\|").replace("__", "\\_\\_");
            let titles: Vec<String> = rows.iter().map(|row| words.prose(&plain(&row.title))).collect();
            writeln!(text, "| {section} | {} | {} |", titles.join(&words.say("; ")), links)
                .expect("a string takes everything");
        }
    }
    text
}

/// The headings of the pages, as Markdown, by page and id.
type Headings = BTreeMap<(String, String), String>;

fn headings(root: &Path, titles: &[(String, String)]) -> Result<Headings> {
    let mut headings = Headings::new();
    for (page, _) in titles {
        for line in read(root.join("book/src").join(page))?.lines().filter(|line| line.starts_with("##")) {
            if let Some((name, id)) = line.trim_start_matches('#').trim_end_matches('}').rsplit_once("{#") {
                headings.insert((page.clone(), id.to_owned()), name.trim().to_owned());
            }
        }
    }
    Ok(headings)
}

/// The places of one page: its title, then its other sections by their names, or else by their ids.
fn links(places: &BTreeSet<Place>, titles: &[(String, String)], names: &Headings, words: &Words) -> String {
    let mut links: Vec<String> = Vec::new();
    let mut page = None;
    for place in places {
        match &place.heading {
            Some(heading) if page == Some(place.order) => {
                let name = names.get(&(place.page.clone(), heading.clone()));
                let name = name.map_or_else(|| heading.replace('-', " "), |name| words.plain(name));
                links.push(format!("[{name}]({}#{heading})", place.page));
            }
            _ => links.push(place.link(titles, words)),
        }
        page = Some(place.order);
    }
    links.join(&words.say(", "))
}

/// README.md, or the one in another language, with its opening program, the twin and the output of both.
///
/// # Errors
///
/// Fails when README.md has no place for them, or one of the files is missing.
pub(crate) fn in_readme(root: &Path, readme: &str, both_print: &str) -> Result<String> {
    let (before, rest) = readme.split_once(MARKS[0]).context("README.md has no place for its program")?;
    let (_, after) = rest.split_once(MARKS[1]).context("README.md does not say where its program ends")?;
    let code = |file: &str| -> Result<String> {
        let text = read(root.join("examples").join(file))?;
        let body: Vec<&str> = match file.ends_with(".py") {
            true => text.lines().skip(twins::first_line(&text).unwrap_or(1) - 1).collect(),
            false => text.lines().filter(|line| !line.starts_with("//!") && !line.contains("// ANCHOR")).collect(),
        };
        Ok(body.join("\n").trim().to_owned())
    };
    let (rust, python) = (code(&format!("{OPENS}.rs"))?, code(&format!("{OPENS}.py"))?);
    let name = OPENS.rsplit('/').next().unwrap_or(OPENS);
    let output = read(root.join(format!("tests/outputs/{name}.txt")))?;
    Ok(format!(
        "{before}{}\n\n<table>\n<tr><th>Rust</th><th>Python</th></tr>\n<tr><td>\n\n```rust,no_run\n{rust}\n```\n\n</td><td>\n\n\
         ```python\n{python}\n```\n\n</td></tr>\n</table>\n\n{both_print} `cargo run --example {name}`:\n\n```text\n{}\n```\n\n{}{after}",
        MARKS[0],
        output.trim_end(),
        MARKS[1]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_sentence() {
        assert_eq!(purpose("A nap of 1.5 hours,\nor less. Then work.\n\nRun it.\n"), "A nap of 1.5 hours, or less.");
        assert_eq!(purpose("午睡。\n(A nap.)\n"), "午睡。");
        assert_eq!(purpose("No stop\n"), "No stop");
    }

    #[test]
    fn the_table_of_names_leads_to_pages_of_the_book() {
        let page = names("Words.\n\n| asyncio | here | chapter |\n| --- | --- | --- |\n| `run` | the same | [5](book/src/05-run.md#run) |\n\nMore.\n").unwrap();
        assert!(page.ends_with("| `run` | the same | [5](05-run.md#run) |\n"), "{page}");
        assert!(names("Words.\n").is_err());
    }

    #[test]
    fn a_program_belongs_to_the_section_that_includes_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("book/src")).unwrap();
        std::fs::create_dir_all(root.join("examples")).unwrap();
        let page = "# Naps\n\nWords.\n\n## Short {#short}\n\n```rust,ignore\n{{#include ../../examples/05-sleep/nap.rs:main}}\n```\n";
        std::fs::write(root.join("book/src/naps.md"), page).unwrap();
        let example = |name: &str| Example {
            name: name.to_owned(),
            path: format!("05-sleep/{name}.rs"),
            args: Vec::new(),
            shows: Vec::new(),
        };
        let titles = [("naps.md".to_owned(), "Naps".to_owned())];
        let shown = shown(root, &[example("nap"), example("nip")], &titles).unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown["nap"].first().unwrap().link(&titles, &Words::english()), "[Naps](naps.md#short)");
    }
}
