//! `cargo xtask bless`: accepts the current output of the programs.
//!
//! Snapshots are written by the test that compares them, so that there is one way to make them; tables and outputs
//! follow. The guide's own text is not touched: a program that no longer prints it still fails.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use guide_tests::examples::examples;
use guide_tests::{generated, manifests, root, snapshots, unknown};

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Rewrite only the tables that are generated from other files, not the snapshots
    #[arg(long)]
    tables: bool,
    /// The programs whose snapshots to rewrite; by default, all
    #[arg(value_name = "ID", conflicts_with = "tables")]
    names: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    // This comes first, because cargo cannot build a new program, and so make its snapshot, before it is declared.
    write(manifests::generated(root())?)?;
    if !arguments.tables {
        write_snapshots(&arguments.names)?;
    }
    tables()?;
    println!("blessed: look at the difference before you commit it");
    Ok(())
}

/// Writes the files that are made from other files.
pub(crate) fn tables() -> Result<()> {
    write(generated()?)
}

fn write(files: Vec<(PathBuf, String)>) -> Result<()> {
    for (file, text) in files {
        std::fs::create_dir_all(file.parent().unwrap_or(root()))?;
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn write_snapshots(names: &[String]) -> Result<()> {
    let examples = examples(root())?;
    for name in names {
        if !examples.iter().any(|example| example.name == *name) {
            bail!("{}", unknown("example", name, examples.iter().map(|example| example.name.as_str())));
        }
    }
    for orphan in snapshots::orphans(&examples) {
        println!("removing {}, which has no example", orphan.display());
        std::fs::remove_file(&orphan).with_context(|| format!("cannot remove {}", orphan.display()))?;
    }
    if names.is_empty() {
        return test(&[]);
    }
    names.iter().try_for_each(|name| test(&["--exact", name]))
}

/// Runs the tests that compare snapshots, and lets them write.
fn test(which: &[&str]) -> Result<()> {
    finish(
        cargo(&["test", "--quiet", "--package", "guide-tests", "--test", "snapshots", "--"])
            .args(which)
            .env("INSTA_UPDATE", "always")
            .env("INSTA_FORCE_PASS", "1")
            .env("INSTA_OUTPUT", "minimal"),
    )
}
