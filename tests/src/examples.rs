//! The example programs, and the declarations in the first lines of their files.
//!
//! The files are the source; the manifests are made from them ([`manifests`](crate::manifests)).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::marks::names;
use crate::{files, read, relative};

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

/// A program by its file.
#[derive(Debug)]
pub struct Program {
    /// The name that `cargo run --example` takes.
    pub name: String,
    /// Its file, below `examples/`.
    pub path: String,
}

/// The folders below `examples` that hold the packages' libraries, and a workspace of its own.
pub(crate) const LIBRARIES: [&str; 3] = ["src/", "extra/", "ecosystem/"];

/// The programs, in the order of their paths: every file with a `main`; a `main.rs` is named after its folder.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn programs(root: &Path) -> Result<Vec<Program>> {
    let folder = root.join("examples");
    let mut programs = Vec::new();
    for file in files(&folder, "rs") {
        let path = relative(&folder, &file);
        if LIBRARIES.iter().any(|library| path.starts_with(library)) || !read(&file)?.contains("\nfn main(") {
            continue;
        }
        let mut parts = path.trim_end_matches(".rs").rsplit('/').filter(|part| *part != "main");
        let name = parts.next().with_context(|| format!("examples/{path} has no name"))?.to_owned();
        programs.push(Program { name, path });
    }
    Ok(programs)
}

/// The files of a program: all of its folder, if that is a folder of its own, which has a `main.rs`.
pub(crate) fn files_of(root: &Path, program: &Program) -> Vec<PathBuf> {
    let file = root.join("examples").join(&program.path);
    match file.parent() {
        Some(folder) if folder.join("main.rs").is_file() => files(folder, "rs"),
        _ => vec![file],
    }
}

/// Every example, with the declarations of its file.
///
/// # Errors
///
/// Fails when one of the files cannot be read.
pub fn examples(root: &Path) -> Result<Vec<Example>> {
    let open = |Program { name, path }| {
        let header = header(&read(root.join("examples").join(&path))?);
        Ok(Example { args: command_args(&header, &name), shows: names(&header, "Shows"), name, path })
    };
    programs(root)?.into_iter().map(open).collect()
}

/// The comment that opens a file, without its markers.
pub(crate) fn header(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

/// The arguments after `--` in the comment's command, so that a program is tested as its reader is told to run it.
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
