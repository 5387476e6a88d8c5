//! The whole files of the programs, for the button that copies one.
//!
//! A page that is read from a file may load only scripts beside it. So each file becomes a script that hands over its text, and
//! is loaded when the reader asks for it.

use std::path::Path;

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

/// Writes a script for each file of the examples.
pub(super) fn write(root: &Path, built: &Path) -> Result<()> {
    for entry in WalkDir::new(root.join("examples")) {
        let entry = entry?;
        let path = entry.path().strip_prefix(root)?;
        if !path.extension().is_some_and(|extension| extension == "rs" || extension == "py") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).with_context(|| format!("cannot read {}", path.display()))?;
        let script = built.join("sources").join(format!("{}.js", path.display()));
        std::fs::create_dir_all(script.parent().unwrap_or(built))?;
        let (path, text) = (serde_json::to_string(path)?, serde_json::to_string(&text)?);
        std::fs::write(&script, format!("programSource({path}, {text});\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_hands_over_the_text_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("examples/05-sleep")).unwrap();
        std::fs::write(folder.path().join("examples/05-sleep/nap.rs"), "print(\"zzz\");\n").unwrap();
        std::fs::write(folder.path().join("examples/Cargo.toml"), "").unwrap();
        write(folder.path(), &folder.path().join("built")).unwrap();
        let script = folder.path().join("built/sources/examples/05-sleep/nap.rs.js");
        assert_eq!(
            std::fs::read_to_string(script).unwrap(),
            "programSource(\"examples/05-sleep/nap.rs\", \"print(\\\"zzz\\\");\\n\");\n"
        );
        assert!(!folder.path().join("built/sources/examples/Cargo.toml.js").exists());
    }
}
