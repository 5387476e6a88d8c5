//! Runs each program and compares what it prints with `expected/NAME.txt`.
//!
//! With `ECOSYSTEM_BLESS=1` the text is written instead, which is what `cargo xtask
//! ecosystem --bless` does. The program that needs PostgreSQL gets a server of its
//! own, in a temporary folder. Where none is installed, the test says so and
//! passes.

#[macro_use]
extern crate asyncio_testing;

mod postgresql;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use postgresql::Server;

macro_rules! programs {
    ($($name:ident),* $(,)?) => {
        /// The programs, each with its binary.
        const PROGRAMS: &[(&str, &str)] = &[
            $((
                stringify!($name),
                env!(concat!("CARGO_BIN_EXE_", stringify!($name))),
            )),*
        ];
    };
}

programs! {
    beside_tokio,
    channels,
    client_session,
    codecs,
    http_service,
    needs_tokio,
    postgres,
    tracing_spans,
}

/// Runs a program on the real clock, and compares its output with what it must
/// print.
fn check(name: &str, arguments: &[&Path]) {
    check_on("real", name, arguments);
}

fn check_on(clock: &str, name: &str, arguments: &[&Path]) {
    let (_, binary) = PROGRAMS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a program of this name");
    let output = Command::new(binary)
        .args(arguments)
        // The system's own time zone, language and log level are nothing to the
        // programs.
        .env_clear()
        .env("ASYNCIO_CLOCK", clock)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} failed: {}\n{stderr}", output.status);
    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), told(&stderr));
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("expected")
        .join(name)
        .with_extension("txt");
    if env::var_os("ECOSYSTEM_BLESS").is_some() {
        fs::write(file, printed).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        printed,
        expected,
        "{name} printed something else than {}",
        file.display()
    );
}

/// Standard error, under a line that says so, without the numbers of threads.
fn told(stderr: &str) -> String {
    if stderr.is_empty() {
        return String::new();
    }
    let parts =
        stderr.split("thread 'main' (").enumerate().map(|(index, part)| match part
            .split_once(") ")
        {
            Some((_, rest)) if index > 0 => format!("thread 'main' {rest}"),
            _ => part.to_owned(),
        });
    format!("[stderr]\n{}", parts.collect::<String>())
}

#[test]
fn every_program_is_tested() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin"))
        .unwrap();
    let mut names: Vec<PathBuf> =
        files.map(|file| file.unwrap().path().with_extension("")).collect();
    names.sort();
    let names: Vec<_> = names
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(PROGRAMS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
}

#[test]
fn beside_tokio() {
    check("beside_tokio", &[]);
}

#[test]
fn channels() {
    check("channels", &[]);
}

#[test]
fn client_session() {
    check("client_session", &[]);
}

#[test]
fn codecs() {
    check("codecs", &[]);
}

#[test]
fn http_service() {
    check("http_service", &[]);
}

#[test]
fn needs_tokio() {
    check("needs_tokio", &[]);
}

#[test]
fn postgres() {
    match Server::start() {
        Ok(server) => check("postgres", &[&server.socket()]),
        // The harness keeps what a test that passes prints, unless it goes there
        // directly.
        Err(reason) => postgresql::say(&format!("postgres is skipped: {reason}")),
    }
}

#[test]
fn tracing_spans() {
    // It only sleeps, so that its steps have one order.
    check_on("virtual", "tracing_spans", &[]);
}
