//! The manifests of the two packages of examples: the tables `[[example]]` are made from the files.
//!
//! Cargo does not search the folders of sections for programs, and ignores one that is not declared. Each program is declared
//! in one of two packages: `examples`, or `examples/extra` if one of its files names a dependency that only that package has.
//! So most programs build without hyper, clap, regex and jiff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use regex::Regex;
use toml::Table;

use crate::examples::{Program, files_of, programs};
use crate::read;

/// Above this line a manifest is written by hand.
const MARK: &str = "# The programs, from their files: made by `cargo xtask bless --tables`.\n";

/// The packages' folders below the root, and the path in each to the folders of the sections.
const PLAIN: (&str, &str) = ("examples", "");
const EXTRA: (&str, &str) = ("examples/extra", "../");

/// Both manifests, each with the text that it must have.
///
/// # Errors
///
/// Fails when a file cannot be read, or a manifest has no place for the tables.
pub fn generated(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let manifest = |folder: &str| {
        let path = root.join(folder).join("Cargo.toml");
        let text = read(&path)?;
        Ok::<_, anyhow::Error>((path, text))
    };
    let ((plain, plain_text), (extra, extra_text)) = (manifest(PLAIN.0)?, manifest(EXTRA.0)?);
    let names = only_of_extra(&plain_text, &extra_text)?.into_iter().collect::<Vec<_>>().join("|");
    let needs_extra = Regex::new(&format!(r"\b(?:{names})(?:::|;)"))?;
    let mut tables = [String::new(), String::new()];
    for program in programs(root)? {
        let mut is_extra = false;
        for file in files_of(root, &program) {
            is_extra |= needs_extra.is_match(&read(file)?);
        }
        let (_, above) = if is_extra { EXTRA } else { PLAIN };
        let Program { name, path } = program;
        write!(tables[usize::from(is_extra)], "\n[[example]]\nname = \"{name}\"\npath = \"{above}{path}\"\n")?;
    }
    let [of_plain, of_extra] = tables;
    Ok(vec![(plain, with(&plain_text, &of_plain)?), (extra, with(&extra_text, &of_extra)?)])
}

/// A manifest with these tables in the place of its own.
fn with(manifest: &str, tables: &str) -> Result<String> {
    let (by_hand, _) = manifest.split_once(MARK).with_context(|| format!("a manifest of examples has no {MARK:?}"))?;
    Ok(format!("{by_hand}{MARK}{tables}"))
}

/// The crates that a program can name only in the package `extra`, by their names in Rust.
fn only_of_extra(plain: &str, extra: &str) -> Result<BTreeSet<String>> {
    let (plain, extra): (Table, Table) = (plain.parse()?, extra.parse()?);
    let dependencies = |manifest: &Table| -> BTreeSet<String> {
        let tables = ["dependencies", "dev-dependencies"].map(|table| manifest.get(table)?.as_table());
        tables.into_iter().flatten().flat_map(Table::keys).map(|name| name.replace('-', "_")).collect()
    };
    let library = |manifest: &Table| manifest.get("lib")?.get("name")?.as_str().map(str::to_owned);
    let mut names = dependencies(&extra);
    for name in dependencies(&plain).into_iter().chain(library(&plain)) {
        names.remove(&name);
    }
    names.extend(library(&extra));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of the two packages, where these are the programs.
    fn tables(programs: &[(&str, &str)]) -> [String; 2] {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let plain = "[lib]\nname = 'guide'\n\n[dependencies]\nasyncio.workspace = true\n\n";
        let extra = "[lib]\nname = 'more'\n\n[dependencies]\nasyncio.workspace = true\nguide.workspace = true\n\
                     smol-hyper.workspace = true\n\n[dev-dependencies]\nlog = '1'\n\n";
        write("examples/Cargo.toml", &format!("{plain}{MARK}\n[[example]]\nname = 'gone'\npath = 'gone.rs'\n"));
        write("examples/extra/Cargo.toml", &format!("{extra}{MARK}"));
        programs.iter().for_each(|(path, text)| write(&format!("examples/{path}"), text));
        let written = generated(folder.path()).unwrap();
        assert!(written[0].1.starts_with(plain) && written[1].1.starts_with(extra), "{written:?}");
        [0, 1].map(|which: usize| written[which].1.split_once(MARK).unwrap().1.to_owned())
    }

    #[test]
    fn a_program_is_declared_where_its_crates_are() {
        let nap = "\n[[example]]\nname = \"nap\"\npath = \"05-sleep/nap.rs\"\n";
        let in_extra = nap.replace("05", "../05");
        for (uses, is_extra) in [
            ("asyncio::run", false),
            ("guide::repr::Repr", false),
            ("smol_hyper::rt", true),
            ("smol_hyper", true),
            ("log::info", true),
            ("more::time", true),
            ("more_or_less::time", false),
        ] {
            let program = format!("use {uses};\n\nfn main() {{}}\n");
            let expected = if is_extra { ["", &in_extra] } else { [nap, ""] };
            assert_eq!(tables(&[("05-sleep/nap.rs", &program)]), expected, "{uses}");
        }
    }

    #[test]
    fn a_module_decides_for_its_programs() {
        let main = "mod dream;\n\nfn main() {}\n";
        let [plain, extra] = tables(&[
            ("05-sleep/nap/main.rs", main),
            ("05-sleep/nap/snore.rs", main),
            ("05-sleep/nap/dream.rs", "use more::time;\n"),
        ]);
        assert_eq!(plain, "");
        assert_eq!(
            extra,
            "\n[[example]]\nname = \"nap\"\npath = \"../05-sleep/nap/main.rs\"\n\n\
             [[example]]\nname = \"snore\"\npath = \"../05-sleep/nap/snore.rs\"\n"
        );
    }
}
