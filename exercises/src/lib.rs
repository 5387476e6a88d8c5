//! The exercises of the book, and what `cargo xtask exercise` does with them.
//!
//! Each exercise is one file that holds the reader's version, the solution and the tests ([`source`]), so that both versions
//! pass or fail the same tests. `exercises.toml` has their order, levels and hints ([`list`]). The reader works on copies
//! ([`desk`]), which are compiled one by one ([`compiler`]). Nothing here knows the runtime.

pub mod compiler;
pub mod desk;
pub mod list;
pub mod report;
pub mod source;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The root of the workspace of the package that cargo runs: this one, `xtask` or `xtask/book`.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let mut folders = Path::new(&package).ancestors();
        folders
            .find(|folder| folder.join("Cargo.lock").is_file())
            .expect("a package is in a workspace")
            .to_owned()
    });
    &ROOT
}
