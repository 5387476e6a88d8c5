//! The programs that run in a page, as WebAssembly, and why the others do not.
//!
//! The core idea: a program runs there unless it names something that a page lacks. The list of such names is read off the facade:
//! those that `crates/asyncio` exports only with an operating system. So a new program gets its button, or the reason in its
//! place, without being listed anywhere. [`module`] builds the programs, with the compiler that [`toolchain`] finds, and [`node`]
//! runs them. In the page a program is on a simulated network. A program that is a client of the echo server finds one there;
//! programs with other [`company`](crate::company) do not run.

pub mod module;
pub mod node;
pub mod toolchain;

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use regex::Regex;

use crate::company::{Company, company};
use crate::examples::{Program, files_of, programs};
use crate::read;

/// The features that a page lacks: the facade's module for each, other words in a program that indicate it, and the text for the
/// reader.
const MISSING: &[(Option<&str>, &str, &str)] = &[
    (Some("subprocess"), r"\bsubprocess::|\bstd::process::Command\b|\bprocess::Command\b", "starts other processes"),
    (None, r"\bstdin\b", "reads what you type"),
    (None, r"\bstd(?:out|err)\b", "writes to the terminal itself"),
    (Some("streams"), r"\bstd::net::(?:Tcp|Udp)|\bstd::os::", "uses sockets or pipes of the system"),
    (None, r"\.ssl\(|\bssl::", "uses encrypted connections"),
    (Some("threads"), r"\brun_in_executor\b|\bthread::|\bLoopHandle\b|\bexplore\b", "uses threads"),
    (None, r"\badd_signal_handler\b|\bKeyboardInterrupt\b", "waits for signals"),
    (None, r"\bAsyncFd\b|\badd_reader\b|\badd_writer\b", "watches file descriptors"),
    (None, r"\bfs::|\bFile\b", "reads files"),
    (None, r"\bcatch_unwind\b|\bTaskPanic\b", "goes on after a panic, which ends a WebAssembly module"),
    (None, r"\bInstant\b|\bSystemTime\b", "asks the system for the time"),
    (None, r"\bmod \w+;", "has several files"),
    (None, r"\bguide_extra::|\bregex::|\basyncio_http\b", "uses large crates"),
];

/// A program, and whether a page can run it.
#[derive(Debug)]
pub struct Live {
    /// The program.
    pub program: Program,
    /// Why a page cannot run it, as the rest of a sentence that begins with "It"; `None` if it can.
    pub reason: Option<&'static str>,
    /// Is it a client of the echo server?
    pub echoes: bool,
    /// Does it use a network? In a page that is a simulated one.
    pub networked: bool,
}

/// Words in a program that indicate a network, beside the names that the facade's module `streams` lists.
const NETWORK: &str = r"\bstd::net\b|\basyncio_http\b|\bgetaddrinfo\b|\bssl::";

/// The server that a page has.
const SERVER: &str = "echo_server";

/// Why a program with this company cannot run in a page.
fn reason_of(company: &Company) -> Option<&'static str> {
    match company {
        Company::Talk(_) => Some("serves other programs until Ctrl-C"),
        Company::Sites(_) => Some("sends requests to web sites"),
        Company::Server(server) => (server != SERVER).then_some("needs a server that is another program"),
    }
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
            Some(module) => format!(r"\b(?:{})\b|", listed(root, module)?.with_system.join("|")),
            None => String::new(),
        };
        missing.push((Regex::new(&format!("{names}{words}"))?, *reason));
    }
    let network = Regex::new(&format!(r"\b(?:{})\b|{NETWORK}", listed(root, "streams")?.all.join("|")))?;
    let (mut all, company) = (Vec::new(), company()?);
    for program in programs(root)? {
        let mut texts = Vec::new();
        for file in files_of(root, &program) {
            texts.push(code(&read(file)?));
        }
        let has = |pattern: &Regex| texts.iter().any(|text| pattern.is_match(text));
        let company = company.get(&program.name);
        let reason = company.and_then(reason_of);
        let reason = reason.or_else(|| Some(missing.iter().find(|(pattern, _)| has(pattern))?.1));
        let networked = has(&network);
        all.push(Live { program, reason, echoes: company.is_some(), networked });
    }
    Ok(all)
}

/// The names that a module of the facade lists.
struct Listed {
    all: Vec<String>,
    /// Those that it lists only with an operating system: all, unless it says so of some of its lists.
    with_system: Vec<String>,
}

fn listed(root: &Path, module: &str) -> Result<Listed> {
    static LIST: LazyLock<Regex> = LazyLock::new(|| {
        let list = r"(?s)(#\[cfg\(unix\)\]\s+(?:#\[doc\(inline\)\]\s+)?)?pub use \w+(?:::\w+)*::\{(.*?)\};";
        Regex::new(list).expect("the pattern is well formed")
    });
    let file = root.join("crates/asyncio/src").join(module).with_extension("rs");
    let text = read(&file)?;
    let (mut all, mut with_system) = (Vec::new(), Vec::new());
    for found in LIST.captures_iter(&text) {
        let names = found[2].split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let names: Vec<String> = names.collect();
        if found.get(1).is_some() {
            with_system.extend(names.clone());
        }
        all.extend(names);
    }
    if with_system.is_empty() {
        with_system.clone_from(&all);
    }
    (!all.is_empty())
        .then_some(Listed { all, with_system })
        .with_context(|| format!("{} lists no name", file.display()))
}

/// A program without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_company_a_page_has_the_echo_server() {
        let reasons = ["echo_server", "graceful_shutdown"].map(|name| reason_of(&Company::Server(name.to_owned())));
        assert_eq!(reasons, [None, Some("needs a server that is another program")]);
        assert!(reason_of(&Company::Talk("talk.txt".to_owned())).is_some());
    }

    #[test]
    fn a_program_runs_in_a_page_unless_it_names_what_a_page_has_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for (module, name) in [("subprocess", "exec"), ("threads", "to_thread")] {
            write(
                &format!("crates/asyncio/src/{module}.rs"),
                &format!("pub use asyncio_x::{{{name},\n    more_{name}}};\n"),
            );
        }
        let streams =
            "pub use asyncio_x::{\n    open,\n};\n#[cfg(unix)]\n#[doc(inline)]\npub use asyncio_x::{connect};\n";
        write("crates/asyncio/src/streams.rs", streams);
        for (name, line) in [
            ("a_plain", "// It could connect.\nopen(1)"),
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
            Some("uses sockets or pipes of the system"),
            Some("starts other processes"),
            Some("uses threads"),
            Some("waits for signals"),
        ];
        assert_eq!(reasons, expected);
        let networked = live(folder.path()).unwrap().iter().filter(|live| live.networked).count();
        assert_eq!(networked, 2, "the two that connect");
    }
}
