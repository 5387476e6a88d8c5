//! The example programs: what `examples/Cargo.toml` declares and what the first lines of each file promise.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::marks::names;
use crate::read;

/// One example program.
#[derive(Clone, Debug)]
pub struct Example {
    /// The name that `cargo run --example` takes.
    pub name: String,
    /// Its file, below `examples/`.
    pub path: String,
    /// The arguments of the command in its opening comment.
    pub args: Vec<String>,
    /// The catalogue rows that its `Shows:` line names.
    pub shows: Vec<String>,
}

impl Example {
    /// The folder of its section, such as `08-query-tasks`.
    pub fn section(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// The command that runs it, as the reader types it.
    pub fn command(&self) -> String {
        let mut command = format!("cargo run --example {}", self.name);
        if !self.args.is_empty() {
            command += " -- ";
            command += &self.args.join(" ");
        }
        command
    }
}

/// What `examples/Cargo.toml` says of one program.
#[derive(Debug, Deserialize)]
pub struct Declared {
    /// The name of the target.
    pub name: String,
    /// Its file, below `examples/`.
    pub path: String,
}

/// The programs as declared, before any of their files is opened.
///
/// # Errors
///
/// Fails when the manifest cannot be read.
pub fn declared(root: &Path) -> Result<Vec<Declared>> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        example: Vec<Declared>,
    }
    let manifest: Manifest =
        toml::from_str(&read(root.join("examples/Cargo.toml"))?).context("in examples/Cargo.toml")?;
    Ok(manifest.example)
}

/// Every declared example, with what its file promises.
///
/// # Errors
///
/// Fails when the manifest or one of the files cannot be read.
pub fn examples(root: &Path) -> Result<Vec<Example>> {
    let open = |declared: Declared| {
        let text = read(root.join("examples").join(&declared.path))?;
        let header = header(&text);
        Ok(Example {
            args: command_args(&header, &declared.name),
            shows: names(&header, "Shows"),
            name: declared.name,
            path: declared.path,
        })
    };
    declared(root)?.into_iter().map(open).collect()
}

/// The comment that opens a file, without its markers.
pub(crate) fn header(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

/// What follows `--` in the command of the comment, so that a program is tested as its reader is told to run it.
fn command_args(comment: &str, name: &str) -> Vec<String> {
    let command = format!("cargo run --example {name} -- ");
    let found = comment.lines().find_map(|line| line.split_once(&command));
    let args = found.map_or("", |(_, args)| args.split('`').next().unwrap_or(args));
    args.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! Three pauses, one after the other.\n//!\n//! `cargo run --example naps -- 9 6 3`\n//!\n\
                        //! Shows: naps, sleep_adds_up,\n//! `pauses`.\n//! Also worth reading: nothing.\n\nfn main() {}\n//! Shows: not_here\n";

    #[test]
    fn the_opening_comment_names_rows_and_arguments() {
        let header = header(FILE);
        assert_eq!(names(&header, "Shows"), ["naps", "sleep_adds_up", "pauses"]);
        assert_eq!(command_args(&header, "naps"), ["9", "6", "3"]);
        assert_eq!(command_args(&header, "nap"), [""; 0]);
    }
}
