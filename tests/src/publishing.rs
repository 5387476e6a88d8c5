//! The packages can be published: each manifest has the fields that a registry shows, and depends on nothing that is not
//! published.
//!
//! Packages in `crates` are published, all others are not. `cargo xtask package` tries the publishing itself; the rules here are
//! those that a registry does not check, and those whose violation should be found early.

use std::path::Path;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use crate::{files, read, relative};

/// The fields that a package inherits from the workspace, so that they are the same in all.
const INHERITED: [&str; 8] =
    ["version", "edition", "rust-version", "license", "repository", "homepage", "include", "lints.workspace"];

/// The files that are the same in every package.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The categories that our packages are in, of those that crates.io has.
const CATEGORIES: [&str; 12] = [
    "asynchronous",
    "concurrency",
    "data-structures",
    "date-and-time",
    "development-tools::debugging",
    "development-tools::profiling",
    "development-tools::testing",
    "network-programming",
    "os",
    "rust-patterns",
    "web-programming::http-client",
    "web-programming::http-server",
];

/// Every package below `crates` can be published, and no other one.
///
/// # Errors
///
/// Fails when a manifest cannot be read.
pub fn packages_can_be_published(root: &Path) -> Result<Vec<String>> {
    let workspace: Table = read(root.join("Cargo.toml"))?.parse()?;
    let mut problems = shared_dependencies(&workspace)?;
    problems.extend(lowest_compiler(root, &workspace)?);
    for path in files(root, "toml").into_iter().filter(|path| path.ends_with("Cargo.toml")) {
        let name = relative(root, &path);
        let manifest: Table = read(&path)?.parse().with_context(|| format!("{name} is no manifest"))?;
        let Some(package) = manifest.get("package").and_then(Value::as_table) else { continue };
        let found = if name.starts_with("crates/") {
            let folder = path.parent().context("a manifest is in a folder")?;
            let mut found = description(&manifest, package, folder);
            found.extend(licences(root, folder)?);
            found.extend(dependencies(&manifest, &workspace));
            found
        } else if package.get("publish").and_then(Value::as_bool) == Some(false) {
            Vec::new()
        } else {
            vec!["does not say `publish = false`, and is not in `crates`".to_owned()]
        };
        problems.extend(found.into_iter().map(|problem| format!("{name} {problem}")));
    }
    Ok(problems)
}

/// Checks that the workflow for the oldest compiler, and the README, name the one that the manifests name.
fn lowest_compiler(root: &Path, workspace: &Table) -> Result<Vec<String>> {
    let lowest = at(workspace, "workspace.package.rust-version").and_then(Value::as_str);
    let lowest = lowest.context("the workspace names a compiler")?;
    let places = [
        (".github/workflows/checks.yml", format!("rustup toolchain install {lowest} ")),
        ("README.md", format!("Rust, version {lowest} ")),
    ];
    let mut problems = Vec::new();
    for (file, words) in places {
        if !read(root.join(file))?.contains(&words) {
            problems.push(format!("{file} does not say {words:?}"));
        }
    }
    Ok(problems)
}

/// Dependencies on published packages have the version of the workspace; those on unpublished ones have none, so that cargo leaves
/// them out.
fn shared_dependencies(workspace: &Table) -> Result<Vec<String>> {
    let version =
        at(workspace, "workspace.package.version").and_then(Value::as_str).context("the workspace has a version")?;
    let shared =
        at(workspace, "workspace.dependencies").and_then(Value::as_table).context("dependencies are shared")?;
    let mut problems = Vec::new();
    for (name, dependency) in shared {
        let Some(path) = dependency.get("path").and_then(Value::as_str) else { continue };
        let expected = path.starts_with("crates/").then_some(version);
        if dependency.get("version").and_then(Value::as_str) != expected {
            let expected = expected.map_or("no version".to_owned(), |version| format!("version = {version:?}"));
            problems.push(format!("Cargo.toml: the dependency {name} must have {expected}"));
        }
    }
    Ok(problems)
}

/// Checks the fields that crates.io and docs.rs show.
fn description(manifest: &Table, package: &Table, folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for name in INHERITED {
        let found = match name.split_once('.') {
            Some((table, key)) => manifest.get(table).and_then(|table| table.get(key)),
            None => package.get(name).and_then(|value| value.get("workspace")),
        };
        if found.and_then(Value::as_bool) != Some(true) {
            problems.push(format!("does not take {} from the workspace", name.trim_end_matches(".workspace")));
        }
    }
    if package.get("publish").is_some() {
        problems.push("says `publish`, which is for packages outside of `crates`".to_owned());
    }
    if package.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
        problems.push("has no description".to_owned());
    }
    let readme = package.get("readme").and_then(Value::as_str).unwrap_or("README.md");
    if !folder.join(readme).is_file() {
        problems.push(format!("has no {readme}"));
    }
    let words = |key: &str| -> Vec<String> {
        let words = package.get(key).and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (keywords, categories) = (words("keywords"), words("categories"));
    // crates.io's own limits.
    let is_keyword = |word: &String| {
        let mut letters = word.chars();
        word.len() <= 20
            && letters.next().is_some_and(|letter| letter.is_ascii_alphanumeric())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "-_+".contains(letter))
    };
    if keywords.is_empty() || keywords.len() > 5 || !keywords.iter().all(is_keyword) {
        problems.push("must have one to five keywords of at most 20 letters".to_owned());
    }
    if categories.is_empty() || categories.len() > 5 {
        problems.push("must have one to five categories".to_owned());
    }
    for category in categories.iter().filter(|category| !CATEGORIES.contains(&category.as_str())) {
        problems
            .push(format!("is in {category:?}: add it to CATEGORIES in tests/src/publishing.rs if crates.io has it"));
    }
    let docs_rs = at(manifest, "package.metadata.docs.rs").and_then(Value::as_table);
    let all_features = docs_rs.and_then(|docs| docs.get("all-features")).and_then(Value::as_bool);
    if all_features != Some(true) || docs_rs.is_none_or(|docs| !docs.contains_key("rustdoc-args")) {
        problems.push("does not say how docs.rs shows it: all-features and rustdoc-args".to_owned());
    }
    problems
}

fn licences(root: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for licence in LICENCES {
        let path = folder.join(licence);
        if !path.is_file() || read(path)? != read(root.join(licence))? {
            problems.push(format!("has no {licence}: `ln -s ../../{licence}` beside it"));
        }
    }
    Ok(problems)
}

/// A package may depend only on published ones. For its tests it may depend on others, without a version.
fn dependencies(manifest: &Table, workspace: &Table) -> Vec<String> {
    let mut problems = Vec::new();
    let of_targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = of_targets.filter_map(Value::as_table).chain([manifest]);
    for (kind, name, dependency) in tables.flat_map(|table| {
        ["dependencies", "build-dependencies", "dev-dependencies"].into_iter().flat_map(|kind| {
            let entries = table.get(kind).and_then(Value::as_table).into_iter().flatten();
            entries.map(move |(name, dependency)| (kind, name, dependency))
        })
    }) {
        let shared = at(workspace, "workspace.dependencies").and_then(|shared| shared.get(name));
        let source = if dependency.get("workspace").is_some() { shared } else { Some(dependency) };
        let (path, version) =
            (source.and_then(|source| source.get("path")), source.and_then(|source| source.get("version")));
        match (kind, path, version) {
            ("dev-dependencies", Some(_), Some(_)) if dependency.get("path").is_some() => {
                problems.push(format!("has a version at its dev-dependency {name}: it would be published"));
            }
            ("dependencies" | "build-dependencies", Some(_), None) => {
                problems.push(format!("depends on {name}, which is not published"));
            }
            _ => {}
        }
    }
    problems
}

/// The value at a path of keys.
fn at<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let first = table.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = r#"
[workspace.package]
version = "1.0.0"
rust-version = "1.88"

[workspace.dependencies]
tea = { version = "1.0.0", path = "crates/tea" }
kettle = { path = "kettle" }
log = "0.4"
"#;

    const TEA: &str = r#"
[package]
name = "tea"
description = "Tea"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
homepage.workspace = true
include.workspace = true
keywords = ["tea"]
categories = ["asynchronous"]

[package.metadata.docs.rs]
all-features = true
rustdoc-args = ["--cfg", "docsrs"]

[dependencies]
log.workspace = true
tea.workspace = true

[dev-dependencies]
cup = { path = "../cup" }
kettle.workspace = true

[lints]
workspace = true
"#;

    /// The problems of a workspace with two packages.
    fn found(workspace: &str, tea: &str, kettle: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("Cargo.toml", workspace);
        write("README.md", "All you need is Rust, version 1.88 or newer\n");
        write(".github/workflows/checks.yml", "- run: rustup toolchain install 1.88 --profile minimal\n");
        write("crates/tea/Cargo.toml", tea);
        write("crates/tea/README.md", "# Tea\n");
        write("kettle/Cargo.toml", kettle);
        for licence in LICENCES {
            write(licence, "Do as you like.\n");
            write(&format!("crates/tea/{licence}"), "Do as you like.\n");
        }
        packages_can_be_published(folder.path()).unwrap()
    }

    const KETTLE: &str = "[package]\nname = \"kettle\"\npublish = false\n";

    #[test]
    fn a_package_that_has_everything_can_be_published() {
        assert_eq!(found(WORKSPACE, TEA, KETTLE), [""; 0]);
    }

    #[test]
    fn every_rule_is_checked() {
        let broken = |from: &str, to: &str| {
            assert!(TEA.contains(from), "{from}");
            found(WORKSPACE, &TEA.replace(from, to), KETTLE).len()
        };
        for (from, to) in [
            ("version.workspace = true\nedition", "version = \"1.0.0\"\nedition"),
            ("include.workspace = true\n", ""),
            ("[lints]\nworkspace = true", ""),
            ("description = \"Tea\"", ""),
            ("keywords = [\"tea\"]", ""),
            ("keywords = [\"tea\"]", "keywords = [\"a cup of tea\"]"),
            ("keywords = [\"tea\"]", "keywords = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"),
            ("categories = [\"asynchronous\"]", ""),
            ("\"asynchronous\"", "\"drinks\""),
            ("all-features = true", ""),
            ("name = \"tea\"", "name = \"tea\"\nreadme = \"READ.md\""),
            ("name = \"tea\"", "name = \"tea\"\npublish = false"),
            ("[dependencies]\n", "[dependencies]\nkettle.workspace = true\n"),
            ("[dependencies]\n", "[dependencies]\ncup = { path = \"../cup\" }\n"),
            ("[dependencies]\n", "[target.'cfg(unix)'.dependencies]\nkettle.workspace = true\n\n[dependencies]\n"),
            ("cup = { path = \"../cup\" }", "cup = { path = \"../cup\", version = \"1\" }"),
        ] {
            assert_eq!(broken(from, to), 1, "{from:?} becomes {to:?}");
        }
    }

    #[test]
    fn only_what_is_published_has_a_version_in_the_workspace() {
        let versions = |from: &str, to: &str| found(&WORKSPACE.replace(from, to), TEA, KETTLE);
        assert_eq!(versions("version = \"1.0.0\", path", "version = \"1.1.0\", path").len(), 1);
        assert_eq!(versions("{ path = \"kettle\" }", "{ path = \"kettle\", version = \"1.0.0\" }").len(), 1);
    }

    #[test]
    fn the_lowest_compiler_is_the_same_everywhere() {
        assert_eq!(found(&WORKSPACE.replace("1.88", "1.90"), TEA, KETTLE).len(), 2);
    }

    #[test]
    fn what_is_not_in_crates_stays_here() {
        assert_eq!(found(WORKSPACE, TEA, "[package]\nname = \"kettle\"\n").len(), 1);
        assert_eq!(found(WORKSPACE, TEA, "[workspace]\n"), [""; 0]);
    }
}
