//! The programs that run in a page, as WebAssembly, and why the others do not.
//!
//! The core idea: a program runs there unless it names something that a page lacks. The list of such names is read off the facade:
//! those that `crates/asyncio` exports only with an operating system. So a new program gets its button, or the reason in its
//! place, without being listed anywhere. [`module`] builds the programs, with the compiler that [`toolchain`] finds, and [`node`]
//! runs them.

pub mod module;
pub mod node;
pub mod toolchain;

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use regex::Regex;

use crate::examples::{Program, files_of, programs};
use crate::read;

/// The features that a page lacks: the facade's module for each, other words in a program that indicate it, and the text for the
/// reader.
const MISSING: &[(Option<&str>, &str, &str)] = &[
    (Some("subprocess"), r"\bsubprocess::|\bstd::process::Command\b|\bprocess::Command\b", "starts other processes"),
    (Some("streams"), r"\bstd::net\b|\basyncio_http\b|\bgetaddrinfo\b|\bssl::", "uses sockets or pipes"),
    (Some("threads"), r"\brun_in_executor\b|\bthread::|\bLoopHandle\b", "uses threads"),
    (None, r"\badd_signal_handler\b|\bKeyboardInterrupt\b", "waits for signals"),
    (None, r"\bAsyncFd\b|\badd_reader\b|\badd_writer\b", "watches file descriptors"),
    (None, r"\bstdin\b", "reads what you type"),
    (None, r"\bfs::|\bFile\b", "reads files"),
    (None, r"\bcatch_unwind\b|\bTaskPanic\b", "goes on after a panic, which ends a WebAssembly module"),
    (None, r"\bInstant\b|\bSystemTime\b", "asks the system for the time"),
    (None, r"\bmod \w+;", "has several files"),
    (None, r"\bguide_extra::|\bregex::|\bclap::", "uses large crates"),
];

/// A program, and whether a page can run it.
#[derive(Debug)]
pub struct Live {
    /// The program.
    pub program: Program,
    /// Why a page cannot run it, as the rest of a sentence that begins with "It"; `None` if it can.
    pub reason: Option<&'static str>,
}

/// Every program.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn live(root: &Path) -> Result<Vec<Live>> {
    let mut missing = Vec::new();
    for (module, words, reason) in MISSING {
        let names = match module {
            Some(module) => format!(r"\b(?:{})\b|", listed(root, module)?.join("|")),
            None => String::new(),
        };
        missing.push((Regex::new(&format!("{names}{words}"))?, *reason));
    }
    let mut all = Vec::new();
    for program in programs(root)? {
        let mut texts = Vec::new();
        for file in files_of(root, &program) {
            texts.push(code(&read(file)?));
        }
        let is_missing = |pattern: &Regex| texts.iter().any(|text| pattern.is_match(text));
        let reason = missing.iter().find(|(pattern, _)| is_missing(pattern)).map(|(_, reason)| *reason);
        all.push(Live { program, reason });
    }
    Ok(all)
}

/// The names that a module of the facade lists.
fn listed(root: &Path, module: &str) -> Result<Vec<String>> {
    static LIST: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)pub use \w+(?:::\w+)*::\{(.*?)\};").expect("the pattern is well formed"));
    let file = root.join("crates/asyncio/src").join(module).with_extension("rs");
    let text = read(&file)?;
    let lists = LIST.captures_iter(&text);
    let names: Vec<String> = lists
        .flat_map(|found| found[1].split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>())
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then_some(names).with_context(|| format!("{} lists no name", file.display()))
}

/// A program without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_in_a_page_unless_it_names_what_a_page_has_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for (module, name) in [("streams", "connect"), ("subprocess", "exec"), ("threads", "to_thread")] {
            write(
                &format!("crates/asyncio/src/{module}.rs"),
                &format!("pub use asyncio_x::{{{name},\n    more_{name}}};\n"),
            );
        }
        for (name, line) in [
            ("a_plain", "// It could connect.\nsleep(1)"),
            ("b_socket", "connect()"),
            ("c_process", "more_exec()"),
            ("d_thread", "to_thread(f)"),
            ("e_signal", "l.add_signal_handler(2, f)"),
        ] {
            write(&format!("examples/01/{name}.rs"), &format!("//! A program.\n\nfn main() {{\n    {line}\n}}\n"));
        }
        let reasons: Vec<_> = live(folder.path()).unwrap().iter().map(|live| live.reason).collect();
        let expected = [
            None,
            Some("uses sockets or pipes"),
            Some("starts other processes"),
            Some("uses threads"),
            Some("waits for signals"),
        ];
        assert_eq!(reasons, expected);
    }
}
