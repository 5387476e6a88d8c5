//! The snapshot of an example: its whole output as a reader's terminal shows it, below the command that makes it.
//!
//! insta writes the files, into `tests/snapshots`. A page of the book includes what a program prints from
//! `tests/outputs`, which is written from the snapshots: standard output alone.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::examples::Example;
use crate::guide_text::in_order;
use crate::normalise::{addresses, colours, library_lines, log_lines, ports, process_ids, thread_ids};
use crate::program::{End, Output};
use crate::{files, read, root};

/// The line of a snapshot file where the text begins, counted from one: it comes after insta's three lines.
pub const FIRST_LINE: usize = 4;

/// The folder of all snapshots.
pub fn folder() -> PathBuf {
    root().join("tests/snapshots")
}

/// The file of an example's snapshot, whether or not there is one.
pub fn path(example: &Example) -> PathBuf {
    folder().join(format!("{}.snap", example.name))
}

/// The required snapshot of this example for `output`.
///
/// # Errors
///
/// Fails when `differences.toml` cannot be read.
pub fn text(example: &Example, output: &Output) -> Result<String> {
    let rules = [addresses, process_ids, thread_ids, library_lines, colours, ports, log_lines];
    let printed = rules.iter().fold(output.to_string(), |text, rule| rule(&text));
    Ok(format!("$ {}\n{}", example.command(), in_order(example, &printed)?))
}

/// The standard output in a transcript.
pub fn stdout(transcript: &str) -> &str {
    let printed = transcript.split_once('\n').map_or("", |(_command, printed)| printed);
    let mut end = 0;
    for line in printed.split_inclusive('\n') {
        if line == "[stderr]\n" || line.starts_with("[exit status ") {
            break;
        }
        end += line.len();
    }
    &printed[..end]
}

/// How the program of a transcript ended.
pub fn end(transcript: &str) -> End {
    let status = transcript.trim_end().lines().next_back().and_then(|line| line.strip_prefix("[exit status "));
    let status = status.and_then(|status| status.strip_suffix(']')?.parse().ok());
    End::Exited(status.unwrap_or(0))
}

/// The folder of the outputs that the pages of the book include.
pub fn outputs() -> PathBuf {
    root().join("tests/outputs")
}

/// The snapshot of this example.
///
/// # Errors
///
/// Fails when there is none.
pub fn saved(example: &Example) -> Result<String> {
    let file =
        read(path(example)).context("it has no snapshot yet: look at what it prints, then run `cargo xtask bless`")?;
    let text = file.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let (_, text) = text.with_context(|| format!("the snapshot of {} has no head", example.name))?;
    Ok(text.to_owned())
}

/// The snapshots and outputs that belong to no example of this list.
pub fn orphans(examples: &[Example]) -> Vec<PathBuf> {
    let has_example = |path: &PathBuf| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        examples.iter().any(|example| stem.as_deref() == Some(&example.name))
    };
    let mut orphans = files(&folder(), "snap");
    orphans.extend(files(&outputs(), "txt"));
    orphans.retain(|path| !has_example(path));
    orphans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_a_transcript() {
        let example =
            Example { name: "naps".into(), path: "05-sleep/naps.rs".into(), args: vec!["9".into()], shows: Vec::new() };
        let output = Output { stdout: "at 0x7f\n".into(), stderr: String::new(), end: End::Exited(0) };
        assert_eq!(text(&example, &output).unwrap(), "$ cargo run --example naps -- 9\nat 0xADDR\n");
        let failed = Output { stderr: "oh\n".into(), end: End::Exited(1), ..output };
        let failed = text(&example, &failed).unwrap();
        assert_eq!((stdout(&failed), end(&failed)), ("at 0xADDR\n", End::Exited(1)));
        assert_eq!(end("$ cargo run --example naps\nzzz\n"), End::Exited(0));
        assert_eq!(stdout("$ cargo run --example naps\n[exit status 1]\n"), "");
    }
}
