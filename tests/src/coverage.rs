//! Which example or test shows which row of the catalogue.
//!
//! The core idea is that a program or test declares itself which row it shows, and that the table in `tests/guide/coverage.md`
//! is written from those claims: `//! Shows: row` at the head of an example, of a file with documentation tests of what must
//! not compile, or of a program that measures; `// Shows: row` above a test; `<!-- Shows: row -->` in a section of the book
//! ([`told`]). A row says which of these ways it accepts ([`Show`]). Rows that are still to come are in
//! `tests/guide/planned.toml`, a list that can only shrink.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::catalogue::{Kind, Row, Show};
use crate::examples::{Example, header};
use crate::marks::{marked, names};
use crate::told::told;
use crate::{files, read, relative, root, unknown};

/// The folder of the programs on subjects that the guides do not teach; they show no row.
const BEYOND: &str = "beyond";

/// An example, a test or a section of the book that says it shows a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub row: String,
    /// The example, the test function or the heading.
    pub by: String,
    /// The way in which it shows the row.
    pub way: Show,
    /// Its file, below the root of the workspace.
    pub file: String,
}

/// The rows that are still to come.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Whole sections.
    #[serde(default)]
    pub section: Vec<PlannedSection>,
    /// Single rows of other sections.
    #[serde(default)]
    pub row: Vec<PlannedRow>,
}

/// A section that is still to come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedSection {
    /// The number of the guide.
    pub guide: String,
    /// The section, with its parts.
    pub section: String,
    /// Parts that are not meant.
    #[serde(default)]
    pub except: Vec<String>,
    /// The crate that brings it.
    pub area: String,
}

/// A row that is still to come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRow {
    /// The row.
    pub id: String,
    /// The crate that brings it.
    pub area: String,
    /// What the row needs of it.
    pub needs: String,
}

impl PlannedSection {
    fn holds(&self, row: &Row) -> bool {
        row.guide() == self.guide && row.is_within(&self.section) && !self.except.iter().any(|part| row.is_within(part))
    }
}

impl Planned {
    /// The crate that brings a row, if it is still to come.
    fn area(&self, row: &Row) -> Option<&str> {
        let single = self.row.iter().find(|planned| planned.id == row.id).map(|planned| planned.area.as_str());
        single.or_else(|| self.section.iter().find(|planned| planned.holds(row)).map(|planned| planned.area.as_str()))
    }
}

/// The content of `planned.toml`.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub fn planned() -> Result<Planned> {
    toml::from_str(&read(root().join("tests/guide/planned.toml"))?).context("in tests/guide/planned.toml")
}

/// Every claim of the examples and of the tests.
///
/// # Errors
///
/// Fails when a file cannot be read, or when a `Shows:` comment stands above something that is not a test.
pub fn claims(root: &Path, examples: &[Example]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for example in examples {
        claims.extend(example.shows.iter().map(|row| Claim {
            row: row.clone(),
            by: example.name.clone(),
            way: Show::Program,
            file: format!("examples/{}", example.path),
        }));
    }
    for folder in ["crates", "examples/src", "tests"] {
        for path in files(&root.join(folder), "rs") {
            claims.extend(claims_of_tests(root, &path)?);
        }
    }
    for path in files(&root.join("bench/measured"), "rs") {
        claims.extend(measured(root, &path)?);
    }
    claims.extend(told(root)?.into_iter().map(|told| Claim {
        row: told.row,
        way: if told.has_picture { Show::Picture } else { Show::Prose },
        file: format!("{}#{}", told.file, told.heading),
        by: told.heading,
    }));
    Ok(claims)
}

/// The claims at the head of a program that measures. Its measurements must be recorded, and shown in the book.
fn measured(root: &Path, path: &Path) -> Result<Vec<Claim>> {
    let (head, file) = (header(&read(path)?), relative(root, path));
    let by = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let rows = names(&head, "Shows");
    if !rows.is_empty() {
        let table = format!("bench/figures/measured/{by}.md");
        anyhow::ensure!(root.join(&table).exists(), "{file}: `cargo xtask measure {by}` has not written {table}");
        let include = format!("{table}}}}}");
        let is_shown = |page: PathBuf| read(page).is_ok_and(|text| text.contains(&include));
        anyhow::ensure!(
            files(&root.join("book/src"), "md").into_iter().any(is_shown),
            "{file}: no page of the book includes {table}"
        );
    }
    Ok(rows.into_iter().map(|row| Claim { row, by: by.clone(), way: Show::Measurement, file: file.clone() }).collect())
}

/// The claims at the head of a file that has documentation tests of what must not compile, and in the comments that
/// stand directly above `#[test]` functions.
fn claims_of_tests(root: &Path, path: &Path) -> Result<Vec<Claim>> {
    let (text, file) = (read(path)?, relative(root, path));
    let mut claims = Vec::new();
    let head = header(&text);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    for row in names(&head, "Shows") {
        anyhow::ensure!(head.contains("```compile_fail"), "{file}: says that it shows {row}, and does not test it");
        claims.push(Claim { row, by: stem.to_string(), way: Show::CompileFail, file: file.clone() });
    }
    for marked in marked(&text) {
        let rows = names(&marked.comment, "Shows");
        match &marked.test {
            Some(by) => claims.extend(rows.into_iter().map(|row| Claim {
                row,
                by: by.clone(),
                way: Show::Program,
                file: file.clone(),
            })),
            None if rows.is_empty() => {}
            None => anyhow::bail!("{file}: \"Shows: {}\" does not stand above a test", rows.join(", ")),
        }
    }
    Ok(claims)
}

/// Does this way of showing satisfy a row that wants that way?
fn is_enough(way: Show, wanted: Show) -> bool {
    match wanted {
        Show::Program => !matches!(way, Show::Picture | Show::Prose),
        Show::Prose => true,
        Show::Measurement | Show::CompileFail | Show::Picture => way == wanted,
    }
}

/// The row that a row is merged into, or itself.
fn target<'a>(rows: &'a [Row], row: &'a Row) -> &'a Row {
    let merged = row.merged_into.as_ref().and_then(|id| rows.iter().find(|other| other.id == *id));
    merged.unwrap_or(row)
}

/// All problems of the claims and the plan, in words.
pub fn problems(rows: &[Row], examples: &[Example], claims: &[Claim], planned: &Planned) -> Vec<String> {
    let ids = || rows.iter().map(|row| row.id.as_str());
    let is_row = |id: &str| ids().any(|row| row == id);
    let has_claim = |row: &Row| claims.iter().any(|claim| claim.row == row.id);
    let is_own = |row: &Row| claims.iter().any(|claim| claim.row == row.id && is_enough(claim.way, row.show));
    let is_shown = |row: &Row| is_own(row) || (row.merged_into.is_some() && is_own(target(rows, row)));
    let mut problems = Vec::new();

    for claim in claims.iter().filter(|claim| !is_row(&claim.row)) {
        problems.push(format!("{}: {} shows an {}", claim.file, claim.by, unknown("row", &claim.row, ids())));
    }
    for example in examples {
        if example.shows.is_empty() && example.section() != BEYOND {
            problems.push(format!("examples/{}: no \"//! Shows:\" line names what it shows", example.path));
        } else if is_row(&example.name) && !example.shows.contains(&example.name) {
            problems
                .push(format!("examples/{}: is named after a row that its \"Shows:\" line leaves out", example.path));
        }
    }
    for row in rows {
        let single = planned.row.iter().any(|planned| planned.id == row.id);
        if let Some(into) = &row.merged_into
            && rows.iter().find(|other| other.id == *into).is_none_or(|other| other.merged_into.is_some())
        {
            problems.push(format!("{} is merged into {into}, which is no row, or is merged itself", row.id));
        }
        match (is_shown(row), planned.area(row)) {
            (false, None) if has_claim(row) => {
                problems.push(format!("{} takes a {:?}, and what shows it is none", row.id, row.show));
            }
            (false, None) => problems.push(format!("{} ({} {}) is shown by nothing", row.id, row.guide(), row.section)),
            (true, Some(_)) if single => problems.push(format!("{} is shown: take it out of planned.toml", row.id)),
            (true, _) if row.kind == Kind::Program && !examples.iter().any(|example| example.name == row.id) => {
                problems.push(format!("{} is a program, and no example has its name", row.id));
            }
            _ => {}
        }
        if single && planned.section.iter().any(|section| section.holds(row)) {
            problems.push(format!("{} is planned twice: its section is, too", row.id));
        }
    }
    for planned in planned.row.iter().filter(|planned| !is_row(&planned.id)) {
        problems.push(format!("planned.toml names an {}", unknown("row", &planned.id, ids())));
    }
    for section in &planned.section {
        if rows.iter().filter(|row| section.holds(row)).all(is_shown) {
            let PlannedSection { guide, section, .. } = section;
            problems.push(format!("planned.toml: nothing is left to do in section {section} of {guide}"));
        }
    }
    problems
}

/// The table of all rows with the programs and tests that show them: `tests/guide/coverage.md`.
pub fn table(rows: &[Row], claims: &[Claim], planned: &Planned) -> String {
    let mut table = String::from(
        "# What shows each row of the guide\n\n\
         Written by `cargo xtask bless` from the `Shows:` lines of examples, tests and pages; a test keeps it fresh.\n",
    );
    let mut by_row: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for claim in claims {
        by_row.entry(&claim.row).or_default().push(format!("[`{}`](../../{})", claim.by, claim.file));
    }
    let mut guide = "";
    for row in rows {
        if row.guide() != guide {
            guide = row.guide();
            let _ = write!(table, "\n## Guide {guide}\n\n| Section | Row | Shown by |\n| --- | --- | --- |\n");
        }
        let shown_by = match (by_row.get(row.id.as_str()), planned.area(row)) {
            (Some(links), _) => links.join(", "),
            (None, None) if row.merged_into.is_some() => format!("with `{}`", target(rows, row).id),
            (None, Some(area)) => format!("*to come with {area}*"),
            (None, None) => "nothing".to_owned(),
        };
        let _ = writeln!(table, "| {} | `{}`: {} | {shown_by} |", row.section, row.id, row.title.replace('|', "\\|"));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, section: &str, kind: &str) -> Row {
        let fields = format!(
            "id = '{id}'\nseed = '000_ab.txt'\nsection = '{section}'\nkind = '{kind}'\ntitle = 'a title'\nexpected = ''\n"
        );
        toml::from_str(&fields).unwrap()
    }

    fn example(name: &str, shows: &[&str]) -> Example {
        let shows = shows.iter().map(|row| (*row).to_owned()).collect();
        Example { name: name.into(), path: format!("05-a/{name}.rs"), args: Vec::new(), shows }
    }

    fn found(rows: &[Row], examples: &[Example], planned: &str) -> Vec<String> {
        let claims = claims(Path::new("nowhere"), examples).unwrap();
        problems(rows, examples, &claims, &toml::from_str(planned).unwrap())
    }

    fn taking(show: &str, more: &str) -> Row {
        let fields = format!(
            "id = 'nap'\nseed = '000_ab.txt'\nsection = '5'\nkind = 'concept'\ntitle = 'a title'\nexpected = ''\n\
             show = '{show}'\n{more}"
        );
        toml::from_str(&fields).unwrap()
    }

    const SECTION: &str = "[[section]]\nguide = '000'\nsection = '15'\narea = 'iterators'\n";
    const ROW: &str = "[[row]]\nid = 'nap'\narea = 'queues'\nneeds = 'a queue'\n";

    #[test]
    fn rows_that_are_shown_or_planned_are_fine() {
        let rows = [row("nap", "5", "program"), row("dream", "5.1", "concept"), row("far", "15.1", "program")];
        assert_eq!(found(&rows, &[example("nap", &["nap", "dream"])], SECTION), [""; 0]);
        let beyond = Example { path: "beyond/b.rs".into(), ..example("b", &[]) };
        assert_eq!(found(&rows, &[example("nap", &["nap", "dream"]), beyond], SECTION), [""; 0]);
    }

    #[test]
    fn each_gap_is_named() {
        let nap = || row("nap", "5", "program");
        let only = |problems: Vec<String>, part: &str| {
            assert!(problems.len() == 1 && problems[0].contains(part), "{part:?} is not all of {problems:?}");
        };
        only(found(&[nap()], &[], ""), "shown by nothing");
        only(found(&[nap()], &[example("nap", &["nap", "naps"])], ""), "did you mean \"nap\"?");
        only(found(&[nap()], &[example("nap", &["nap"])], ROW), "take it out");
        only(found(&[nap()], &[example("other", &["nap"])], ""), "no example has its name");
        only(found(&[nap()], &[example("nap", &["nap"]), example("b", &[])], ""), "no \"//! Shows:\" line");
        only(found(&[nap(), row("dream", "5", "concept")], &[example("nap", &["dream"])], ROW), "leaves out");
        only(found(&[row("nap", "15", "concept")], &[], &format!("{SECTION}{ROW}")), "planned twice");
        only(found(&[row("nap", "15", "concept")], &[example("b", &["nap"])], SECTION), "nothing is left");
        only(found(&[row("dream", "5", "concept")], &[example("b", &["dream"])], ROW), "names an unknown row");
    }

    #[test]
    fn a_row_is_shown_in_the_way_that_it_takes() {
        let problems_of = |show: &str, way: Show| {
            let claim = Claim { row: "nap".into(), by: "a".into(), way, file: "a.rs".into() };
            problems(&[taking(show, "")], &[], &[claim], &Planned::default()).len()
        };
        let shows = ["program", "measurement", "compile_fail", "picture", "prose"];
        let ways = [Show::Program, Show::Measurement, Show::CompileFail, Show::Picture, Show::Prose];
        let missing = shows.map(|show| ways.map(|way| problems_of(show, way)));
        let expected = [[0, 0, 0, 1, 1], [1, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 0, 1], [0, 0, 0, 0, 0]];
        assert_eq!(missing, expected);
    }

    #[test]
    fn a_merged_row_is_shown_by_the_row_it_went_into() {
        let merged = || taking("prose", "merged_into = 'dream'\n");
        let dream = || row("dream", "5", "concept");
        assert_eq!(found(&[merged(), dream()], &[example("b", &["dream"])], ""), [""; 0]);
        assert_eq!(found(&[merged(), dream()], &[], "").len(), 2, "neither is shown");
        assert_eq!(found(&[merged()], &[], "").len(), 2, "there is no such row");
        let rows = [merged(), dream()];
        let claims = claims(Path::new("nowhere"), &[example("b", &["dream"])]).unwrap();
        assert!(table(&rows, &claims, &Planned::default()).contains("| with `dream` |"));
    }

    #[test]
    fn what_was_measured_is_recorded_and_on_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("bench/measured/src/bin/naps.rs", "//! Naps.\n//!\n//! Shows: nap\n");
        assert!(claims(folder.path(), &[]).is_err(), "nothing is recorded");
        write("bench/figures/measured/naps.md", "| a | b |\n");
        assert!(claims(folder.path(), &[]).is_err(), "no page includes it");
        write("book/src/naps.md", "# Naps\n\n{{#include ../../bench/figures/measured/naps.md}}\n");
        let found = claims(folder.path(), &[]).unwrap();
        assert_eq!((found[0].row.as_str(), found[0].way), ("nap", Show::Measurement));
    }

    #[test]
    fn only_tests_can_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        let claims_in = |text: &str| {
            std::fs::write(&path, text).unwrap();
            claims_of_tests(folder.path(), &path)
        };
        let claims = claims_in("// Why.\n// Shows: nap, dream\n#[test]\nfn sleeps() {}\n").unwrap();
        let both: Vec<_> = claims.iter().map(|claim| (claim.row.as_str(), claim.by.as_str())).collect();
        assert_eq!(both, [("nap", "sleeps"), ("dream", "sleeps")]);
        let refused = claims_in("//! Shows: nap\n//!\n//! ```compile_fail,E0728\n//! nap.await\n//! ```\n").unwrap();
        assert_eq!((refused[0].row.as_str(), refused[0].by.as_str()), ("nap", "a"));
        assert!(claims_in("//! Shows: nap\n//!\n//! ```\n//! nap();\n//! ```\n").is_err());
        assert!(claims_in("// Shows: nap\nfn sleeps() {}\n").is_err());
        assert!(claims_in("// Shows: nap\n\n#[test]\nfn sleeps() {}\n").is_err());
    }

    #[test]
    fn the_table_tells_what_shows_a_row_and_what_is_to_come() {
        let rows = [row("nap", "5", "program"), row("far", "15.1", "program")];
        let claims = claims(Path::new("nowhere"), &[example("nap", &["nap"])]).unwrap();
        let table = table(&rows, &claims, &toml::from_str(SECTION).unwrap());
        assert!(table.contains("| 5 | `nap`: a title | [`nap`](../../examples/05-a/nap.rs) |\n"), "{table}");
        assert!(table.contains("| 15.1 | `far`: a title | *to come with iterators* |\n"), "{table}");
    }
}
