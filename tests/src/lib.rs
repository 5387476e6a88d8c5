//! The checks of the guide, written once for `cargo test` and for `cargo xtask`.
//!
//! The core idea is that an example is judged from outside. Its binary runs in a clean environment, and its output is compared
//! with data, first the guide's own text ([`guide_text`]), then a snapshot ([`snapshots`]), and with the output of its twin on
//! CPython ([`twins`]). The other modules make sure that nothing is left out: every catalogue row is shown ([`coverage`]), every
//! test method of CPython's is ported or cannot be ([`cpython`]), every file is in its place ([`tidy`]), every mutant of the
//! crates has its text and its test ([`mutants`]), the packages can be published ([`publishing`]), the runtime's rooms only look
//! down ([`rooms`]) and every page of the book shows code and output that exist ([`book`]). A page can show a row as well
//! ([`told`]). The book's words outside of its pages can be translated ([`words`]). Programs that talk to others get clients or
//! servers ([`company`]). Nothing here depends on the runtime.

pub mod catalogue;
pub mod examples;
pub mod manifests;
pub mod oracle;
pub mod program;
pub mod python;

pub mod company;
pub mod on_network;
pub mod sites;
pub mod talk;

pub mod guide_text;
pub mod normalise;
pub mod snapshots;
pub mod twins;

pub mod book;
pub mod cheat_sheet;
pub mod circles;
pub mod coverage;
pub mod cpython;
pub mod docs;
pub mod live;
mod marks;
pub mod mutants;
pub mod names;
pub mod orders;
mod pages;
pub mod publishing;
pub mod rooms;
mod speed;
pub mod tidy;
pub mod timeline;
pub mod told;
pub mod type_names;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context as _, Result};

/// The root of the workspace.
///
/// Cargo provides the folder of the package that it runs: this one, `xtask` or `xtask/book`. That is better than the folder in
/// which this was compiled, because two clones may share one target folder, and cargo then confuses their binaries.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let mut folders = Path::new(&package).ancestors();
        folders.find(|folder| folder.join("Cargo.lock").is_file()).expect("a package is in a workspace").to_owned()
    });
    &ROOT
}

/// The text of a file; an error names the file.
///
/// # Errors
///
/// Fails when the file is missing or is not UTF-8.
pub fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The candidate that was probably meant by `name`, if one is similar enough for a hint.
///
/// ```
/// let rows = ["hello_world", "gather_list"];
/// assert_eq!(guide_tests::nearest("helo_world", rows), Some("hello_world"));
/// assert_eq!(guide_tests::nearest("subprocess", rows), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// `unknown KIND "NAME"`, with the nearest of the candidates as a hint.
pub fn unknown<'a>(kind: &str, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, candidates) {
        Some(hint) => format!("unknown {kind} {name:?}: did you mean {hint:?}?"),
        None => format!("unknown {kind} {name:?}"),
    }
}

/// The files that are written from other files of the repository, each with the text that it must have.
///
/// # Errors
///
/// Fails when one of the files that they are made from cannot be read.
pub fn generated() -> Result<Vec<(PathBuf, String)>> {
    let (rows, examples) = (catalogue::rows()?, examples::examples(root())?);
    let claims = coverage::claims(root(), &examples)?;
    let guide = root().join("tests/guide");
    let (cpython, readme) = (cpython::suite()?, root().join("README.md"));
    let mut generated = vec![
        (guide.join("coverage.md"), coverage::table(&rows, &claims, &coverage::planned()?)),
        (guide.join("orders.md"), orders::table()?),
        (guide.join("differences.md"), guide_text::page(&rows, &guide_text::differences()?)),
        (cpython::folder().join("README.md"), cpython.table()),
        (
            readme.clone(),
            pages::in_readme(root(), &speed::in_readme(&cpython.in_readme(&read(&readme)?)?)?, "Both print,")?,
        ),
    ];
    let chinese = root().join("README.zh-CN.md");
    generated.push((chinese.clone(), pages::in_readme(root(), &read(&chinese)?, "两者都打印下面的内容，命令是")?));
    generated.extend(manifests::generated(root())?);
    generated.extend(speed::generated()?);
    generated.extend(pages::generated(root(), &rows, &examples, &claims)?);
    // A program without a snapshot is new: the test of snapshots reports it.
    for example in examples.iter().filter(|example| snapshots::path(example).exists()) {
        let printed = snapshots::stdout(&snapshots::saved(example)?).to_owned();
        generated.push((snapshots::outputs().join(format!("{}.txt", example.name)), printed));
    }
    Ok(generated)
}

/// The pages of the book that must be generated again for another language, because they are made from other files.
///
/// # Errors
///
/// Fails when one of the files that they are made from cannot be read.
pub fn translated_pages(words: &words::Words) -> Result<Vec<(String, String)>> {
    let (rows, examples) = (catalogue::rows()?, examples::examples(root())?);
    let claims = coverage::claims(root(), &examples)?;
    pages::translated(root(), &rows, &examples, &claims, words)
}

/// Every file below `folder` with this extension, sorted; build output, a reader's exercises and hidden folders are passed over.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0
                || !(name == "target" || name == "node_modules" || name == "my-exercises" || name.starts_with('.'))
        })
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// The path as it is written in the repository: below `root`, with forward slashes.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
