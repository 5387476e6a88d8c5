//! The tables and charts of speed, made from the records of `cargo xtask bench --record` in `bench/results`.
//!
//! No figure is typed in: the pages and the README show what is written here, and a test compares the files with the data.

mod charts;
mod data;
mod tables;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::root;
use data::Recorded;

/// The short table is between these lines of the README.
const MARKS: [&str; 2] = ["<!-- speed: made by `cargo xtask bless --tables` -->\n", "<!-- speed ends -->\n"];

/// Every file that is made of the results, with its text.
pub(crate) fn generated() -> Result<Vec<(PathBuf, String)>> {
    let all = Recorded::all()?;
    let mut files = Vec::new();
    for section in tables::SECTIONS {
        files.push((root().join(format!("bench/figures/{}.md", section.name)), tables::section(section, &all)));
    }
    let tables = [("scaling", tables::scaling(&all)), ("conditions", tables::conditions(&all)?)];
    files.extend(tables.map(|(name, text)| (root().join(format!("bench/figures/{name}.md")), text)));
    let charts = [("speed", charts::ratios(&all)), ("scaling", charts::scaling(&all))];
    files.extend(charts.map(|(name, text)| (root().join(format!("book/src/figures/{name}.svg")), text)));
    Ok(files)
}

/// The README with the short table as the results have it.
pub(crate) fn in_readme(readme: &str) -> Result<String> {
    let (before, rest) = readme.split_once(MARKS[0]).context("README.md has no place for the table of speed")?;
    let (_, after) = rest.split_once(MARKS[1]).context("README.md does not say where the table of speed ends")?;
    let table = tables::short(&Recorded::all()?);
    Ok(format!("{before}{}\n{table}\n{}{after}", MARKS[0], MARKS[1]))
}
