//! Checks what the compiler refuses: a proof for each reason in `tests/cpython/not_applicable.toml` that names the compiler.
//!
//! The lines are data, in `tests/cpython/refused.toml`. They are compiled together, one function each, so that the compiler runs
//! once for those with type errors, and once for those that use moved values, which it checks only when all types are correct.

#[macro_use]
extern crate asyncio_testing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use exercises::compiler::{Compiler, Kind};
use guide_tests::{read, root};

/// By module and method: a statement, and the code of its error.
type Refused = BTreeMap<String, BTreeMap<String, (String, String)>>;

/// Words of a reason that must be proved.
const CLAIMS: [&str; 4] = ["the compiler refuses", "the compiler checks", "the compiler wants", "the compiler keeps"];

/// Those that are about TLS, which the crate may have been built without.
const WITH_TLS: [&str; 2] = ["test_start_tls_wrong_args", "test_check_hostname_accepts_server_hostname"];

const BEFORE: &str = "use asyncio::*;
async fn handler(_: StreamReader, _: StreamWriter) -> Result<()> { Ok(()) }
";

const ARGUMENTS: &str = "mut generator: AsyncGenerator<i32>, future: Future<i32>, stack: &AsyncExitStack<'_>, \
                         event_loop: EventLoop, socket: std::net::UdpSocket";

fn refused() -> Refused {
    toml::from_str(&read(root().join("tests/cpython/refused.toml")).unwrap()).unwrap()
}

#[test]
fn each_reason_that_names_the_compiler_has_a_line_that_it_refuses() {
    let reasons: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>> =
        toml::from_str(&read(root().join("tests/cpython/not_applicable.toml")).unwrap()).unwrap();
    let claimed: BTreeSet<String> = reasons
        .into_iter()
        .flat_map(|(module, classes)| classes.into_values().map(move |methods| (module.clone(), methods)))
        .flat_map(|(module, methods)| methods.into_iter().map(move |(method, reason)| (module.clone(), method, reason)))
        .filter(|(_, method, reason)| {
            CLAIMS.iter().any(|claim| reason.contains(claim)) && !WITH_TLS.contains(&method.as_str())
        })
        .map(|(module, method, _)| format!("{module}.{method}"))
        .collect();
    let proved: BTreeSet<String> = refused()
        .into_iter()
        .flat_map(|(module, methods)| methods.into_keys().map(move |method| format!("{module}.{method}")))
        .collect();
    let alone = |these: &BTreeSet<String>, those| these.difference(those).cloned().collect::<Vec<_>>();
    assert_eq!(alone(&claimed, &proved), [""; 0], "no line proves these");
    assert_eq!(alone(&proved, &claimed), [""; 0], "nothing in not_applicable.toml says so of these");
}

#[test]
fn the_compiler_refuses_each_line_for_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let compiler = Compiler::beside_this_binary(root(), folder.path()).unwrap();
    let all: Vec<(String, (String, String))> = refused().into_values().flatten().collect();
    let (moved, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, (_, code))| code == "E0382");
    for lines in [others, moved] {
        let mut program = BEFORE.to_owned();
        for (method, (statement, _)) in &lines {
            // Some names are those of methods of several classes.
            let number = program.lines().count();
            writeln!(program, "pub async fn {method}_{number}({ARGUMENTS}) -> Result<()> {{ {statement} Ok(()) }}")
                .unwrap();
        }
        let file = folder.path().join("refused.rs");
        std::fs::write(&file, program).unwrap();
        let options = ["--error-format=json", "--allow", "unused"];
        let output = compiler.compile(&file, &folder.path().join("refused.rmeta"), Kind::Check, &options).unwrap();
        let mut said: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for message in String::from_utf8_lossy(&output.stderr).lines() {
            let message: serde_json::Value = serde_json::from_str(message).unwrap();
            let spans = message["spans"].as_array().unwrap();
            if let ("error", Some(span)) =
                (message["level"].as_str().unwrap(), spans.iter().find(|span| span["is_primary"] == true))
            {
                let line = span["line_start"].as_u64().unwrap() as usize - 1;
                said.entry(line).or_default().insert(message["code"]["code"].as_str().unwrap_or("no code").to_owned());
            }
        }
        let first = BEFORE.lines().count();
        let expected: BTreeMap<usize, BTreeSet<String>> =
            lines.iter().enumerate().map(|(i, (_, (_, code)))| (first + i, BTreeSet::from([code.clone()]))).collect();
        let name =
            |line: &usize| line.checked_sub(first).and_then(|i| lines.get(i)).map_or("the beginning", |line| &line.0);
        let wrong: Vec<_> = (0..first + lines.len())
            .filter(|line| said.get(line) != expected.get(line))
            .map(|line| (name(&line).to_owned(), said.get(&line), expected.get(&line)))
            .collect();
        assert!(wrong.is_empty(), "what the compiler says of these, and what it should say: {wrong:#?}");
    }
}
