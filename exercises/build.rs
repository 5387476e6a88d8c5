//! Writes the readers' versions of all exercises that compile, and a table of their tests, for `tests/unsolved.rs`.

use std::fmt::Write as _;
use std::path::Path;

#[path = "src/source.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod source;

fn main() {
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").expect("cargo tells the folder");
    let to = std::env::var("OUT_DIR").expect("cargo tells where results go");
    println!("cargo::rerun-if-changed=exercises.toml");
    println!("cargo::rerun-if-changed=src/source.rs");
    let list = std::fs::read_to_string(Path::new(&manifest).join("exercises.toml"))
        .expect("there is a list");
    let (mut modules, mut table) = (String::new(), String::new());
    // A list of few words a line needs no parser, and a build script no dependency. `list` reads all of it.
    for entry in list.split("[[exercise]]").skip(1) {
        let value = |key: &str| {
            let found = entry
                .lines()
                .find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
            found.map(|value| value.trim().trim_matches('"').to_owned())
        };
        let (name, page) =
            (value("name").expect("a name"), value("page").expect("a page"));
        let path = format!("{page}/{name}.rs");
        println!("cargo::rerun-if-changed={path}");
        if value("compiler").is_some() {
            continue;
        }
        let text = std::fs::read_to_string(Path::new(&manifest).join(&path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let start = source::version(&text, source::Version::Start)
            .unwrap_or_else(|problem| panic!("{path}: {problem}"));
        let tests = source::test_names(&start);
        let start = start
            .replace("\nmod tests {", "\npub(crate) mod tests {")
            .replace("    #[test]\n    fn ", "    pub(crate) fn ");
        let file = Path::new(&to).join(format!("{name}.rs"));
        std::fs::write(&file, &start).expect("results can be written");
        writeln!(modules, "#[path = {file:?}]\nmod {name};")
            .expect("a string takes everything");
        write!(table, "(\"{name}\", &[").expect("a string takes everything");
        for test in tests {
            write!(table, "(\"{test}\", {name}::tests::{test} as fn()), ")
                .expect("a string takes everything");
        }
        table += "]),\n";
    }
    let text = format!(
        "{modules}
const UNSOLVED: &[Unsolved] = &[
{table}];
"
    );
    std::fs::write(Path::new(&to).join("unsolved.rs"), text)
        .expect("results can be written");
}
