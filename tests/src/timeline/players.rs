//! The programs that have a player, and the reasons why the others have none: `tests/guide/players.toml`. A player shows a program
//! beside its twin, step by step, so both must take the same steps.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Timeline, frames, twin};
use crate::examples::programs;
use crate::words::Words;
use crate::{read, twins, unknown};

/// What `players.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Players {
    /// The programs that have a twin and no player.
    #[serde(default)]
    pub without: Vec<Without>,
    /// The programs whose twins take different steps.
    #[serde(default)]
    pub differs: Vec<Differs>,
}

/// Programs without a player.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Without {
    /// The programs.
    pub ids: Vec<String>,
    /// Why.
    pub because: String,
}

/// A difference between the steps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differs {
    /// The program.
    pub id: String,
    /// The differences, in the words in which they are reported.
    pub found: Vec<String>,
    /// Why.
    pub because: String,
}

/// The content of `tests/guide/players.toml`.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub fn players(root: &Path) -> Result<Players> {
    toml::from_str(&read(root.join("tests/guide/players.toml"))?).context("in tests/guide/players.toml")
}

/// Every program with a twin has the steps of both, or a reason; and they are the same steps.
///
/// # Errors
///
/// Fails when a file cannot be read.
pub fn steps_are_those_of_the_twins(root: &Path) -> Result<Vec<String>> {
    let (all, twins, players) = (programs(root)?, twins::twins(root)?, players(root)?);
    let mut problems = Vec::new();
    let names = || all.iter().map(|program| program.name.as_str());
    let listed = || players.without.iter().flat_map(|without| &without.ids).map(String::as_str);
    for id in listed().chain(players.differs.iter().map(|differs| differs.id.as_str())) {
        if !names().any(|name| name == id) {
            problems.push(format!("players.toml: {}", unknown("example", id, names())));
        }
    }
    for name in names() {
        let has_twin = twins.reason(name).is_none();
        let is_kept = twin::path(root, name).is_file();
        match (has_twin && !listed().any(|id| id == name), is_kept) {
            (true, false) => problems.push(format!(
                "{name} has no player: run `cargo xtask timeline --bless {name}`, or say in players.toml why not"
            )),
            (false, true) => problems.push(format!("the steps of the twin of {name} are kept, and it has no player")),
            (true, true) => problems.extend(of_program(root, name, &players)?),
            (false, false) => {}
        }
    }
    for name in twin::names(root) {
        if !names().any(|program| program == name) {
            problems.push(format!("tests/twin-steps: {}", unknown("example", &name, names())));
        }
    }
    Ok(problems)
}

/// The differences between the steps of a program and of its twin that are not listed, and the listed ones that do not exist.
fn of_program(root: &Path, name: &str, players: &Players) -> Result<Vec<String>> {
    let (ours, twin) = (Timeline::kept(root, name)?, twin::Twin::kept(root, name)?);
    let mut found = twin::compare(&ours, &twin);
    let mut problems = Vec::new();
    for expected in players.differs.iter().filter(|differs| differs.id == name).flat_map(|differs| &differs.found) {
        match found.iter().position(|difference| difference == expected) {
            Some(index) => drop(found.remove(index)),
            None => problems.push(format!("{name}: players.toml lists what is not found: {expected}")),
        }
    }
    problems.extend(found.into_iter().map(|difference| format!("{name}: {difference}")));
    if let Err(error) = frames::frames(&ours, &twin, &Words::english()) {
        problems.push(format!("{name}: {error:#}"));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_with_a_twin_takes_its_steps_or_has_a_reason() {
        let found = |toml: &str, steps: Option<&str>| {
            let folder = tempfile::tempdir().unwrap();
            let write = |path: &str, text: &str| {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            write("examples/05-sleep/nap.rs", "fn nap() {}\n\nfn main() {}\n");
            write("tests/guide/twins.toml", "");
            write("tests/guide/players.toml", toml);
            let task = r#"{"task":{"name":"Task-1","coroutine":"nap"}}"#;
            write("tests/timelines/nap.jsonl", &format!("{task}\n{{\"step\":{{\"task\":0,\"then\":\"finished\"}}}}\n"));
            if let Some(end) = steps {
                let task = r#"{"coroutine":"nap","name":"Task-1"}"#;
                write("tests/twin-steps/nap.jsonl", &format!("{task}\n{{\"task\":0,\"end\":\"{end}\"}}\n"));
            }
            steps_are_those_of_the_twins(folder.path()).unwrap()
        };
        let only = |problems: Vec<String>, part: &str| {
            assert!(problems.len() == 1 && problems[0].contains(part), "{part:?} is not all of {problems:?}");
        };
        const WITHOUT: &str = "[[without]]\nids = ['nap']\nbecause = 'of Rust'\n";
        const FAILS: &str = "[[differs]]\nid = 'nap'\nbecause = 'of Rust'\nfound = \
            ['step 1: task 0 at 0 s prints 0 lines, then: finished, and in Python task 0 at 0 s prints 0 lines, then: failed']\n";
        assert_eq!(found("", Some("finished")), [""; 0]);
        assert_eq!(found(WITHOUT, None), [""; 0]);
        assert_eq!(found(FAILS, Some("failed")), [""; 0]);
        only(found("", None), "nap has no player");
        only(found(WITHOUT, Some("finished")), "and it has no player");
        only(found("", Some("failed")), "in Python task 0 at 0 s prints 0 lines, then: failed");
        only(found(FAILS, Some("finished")), "lists what is not found");
        only(found(&WITHOUT.replace("nap", "nip"), Some("finished")), "did you mean \"nap\"?");
    }
}
