//! `cargo xtask book`, `browser`, `perfetto` and `translations`: the book, its pages in Chromium, a trace in Perfetto, and the
//! Chinese edition.
//!
//! All of them need mdBook, which is large, so they are in a separate package, `xtask/book`. This only starts it.

use std::ffi::OsString;

use anyhow::Result;
use guide_tests::root;

use crate::{cargo, finish};

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments for the command; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

pub(crate) fn run(verb: &str, arguments: &Arguments) -> Result<()> {
    start(verb, &arguments.arguments)
}

/// Checks the pages and builds the book.
pub(crate) fn build() -> Result<()> {
    start("book", &[])
}

/// Looks at every page of the book, and at a trace in Perfetto.
pub(crate) fn browser() -> Result<()> {
    start("browser", &[])?;
    start("perfetto", &[])
}

/// Fails when the Chinese edition lacks something.
pub(crate) fn translations() -> Result<()> {
    start("translations", &[])
}

/// Runs the other package in the caller's folder, because paths among the arguments are relative to it.
fn start(verb: &str, arguments: &[OsString]) -> Result<()> {
    let mut command = cargo(&["run", "--package", "xtask-book", "--manifest-path"]);
    command.current_dir(std::env::current_dir()?).arg(root().join("Cargo.toml")).args(["--", verb]).args(arguments);
    finish(&mut command)
}
