//! The intended CPython: `conform/python.toml`, and the folder into which it is unpacked.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::python::number;
use crate::{read, root};

/// The CPython whose behaviour is ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oracle {
    /// Its version, such as `3.15.2`.
    pub version: String,
    /// The distribution of Debian that has it.
    pub distribution: String,
    /// The machines that the packages are for.
    pub architecture: String,
    /// The packages to unpack, including its libc and the other libraries.
    #[serde(rename = "package")]
    pub packages: Vec<Package>,
    /// The differences of older versions.
    pub older: Vec<Older>,
}

/// A package of Debian.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, as Debian counts.
    pub version: String,
    /// The `sha256sum` of its file.
    pub sha256: String,
}

/// A difference that is expected of older versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    /// The first version without it.
    pub before: String,
    /// What those before it do.
    pub does: String,
}

impl Oracle {
    /// The content of `conform/python.toml`.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn load() -> Result<Self> {
        toml::from_str(&read(root().join("conform/python.toml"))?).context("in conform/python.toml")
    }

    /// Is this version at least the intended minor version?
    #[must_use]
    pub fn is_new_enough(&self, version: &str) -> bool {
        let minor = |version| number(version).map(|(major, minor, _)| (major, minor));
        minor(version) >= minor(&self.version)
    }

    /// A remark on a comparison with this version; none if it is the intended one.
    #[must_use]
    pub fn remark(&self, version: &str) -> Option<String> {
        let (found, meant) = (number(version), number(&self.version));
        if found > meant {
            return Some(format!(
                "CPython {} is meant: a difference may be a change that came with {version}",
                self.version
            ));
        }
        let differences = self.older.iter().filter(|older| found < number(&older.before));
        let mut lines: Vec<String> =
            differences.map(|older| format!("- {} (before {})", older.does, older.before)).collect();
        if found == meant || lines.is_empty() {
            return None;
        }
        lines.insert(0, format!("CPython {} is meant; it differs from {version} in this, at least:", self.version));
        lines.push("`cargo xtask conform --fetch-python` gets the one that is meant".to_owned());
        Some(lines.join("\n"))
    }
}

/// The folder in which `--fetch-python` puts the intended one, the same for all clones of the repository.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("asyncio-conform/cpython"))
}

/// The interpreter in that folder, a script that starts the real one with the loader and the libraries beside it. Python finds
/// its modules by the location of this script.
pub const INTERPRETER: &str = "usr/local/bin/python3";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_a_version_and_what_older_ones_do() {
        let oracle = Oracle::load().unwrap();
        assert!(oracle.packages.iter().all(|package| package.sha256.len() == 64));
        assert_eq!(oracle.remark(&oracle.version), None);
        assert!(oracle.remark("3.13.0").unwrap().contains("a task of a group that ends inside create_task"));
        assert!(!oracle.remark("3.14.2").unwrap().contains("a task of a group that ends inside create_task"));
        assert!(oracle.remark("4.0.0").unwrap().ends_with("may be a change that came with 4.0.0"));
        assert!(!oracle.is_new_enough("3.14.9"));
        assert!(oracle.is_new_enough(&oracle.version));
        assert!(oracle.is_new_enough("4.0.0"));
    }
}
