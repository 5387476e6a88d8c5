//! Compiles one file against the crate `asyncio`, without a package of its own.
//!
//! Cargo builds the crate once and says where it is; `rustc` does the rest, which takes about a second. So a
//! reader's file needs no manifest, and its errors are the compiler's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// The compiler, and the crate that it compiles against.
#[derive(Clone, Debug)]
pub struct Compiler {
    root: PathBuf,
    rlib: PathBuf,
}

/// What the compiler makes from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it only checks the file.
    Check,
    /// The tests of the file.
    Tests,
}

impl Compiler {
    /// Builds the crate `asyncio`, unless that has been done. Cargo's output goes to standard error.
    ///
    /// # Errors
    ///
    /// Fails when the crate does not build.
    pub fn find(root: &Path) -> Result<Self> {
        let mut command = Command::new(
            std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        );
        command.args([
            "build",
            "--quiet",
            "--package",
            "asyncio",
            "--message-format=json-render-diagnostics",
        ]);
        // A build script that asks for them would run anew each time.
        let of_this_package = |name: &str| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        };
        for (name, _) in std::env::vars_os()
            .filter(|(name, _)| name.to_str().is_some_and(of_this_package))
        {
            command.env_remove(name);
        }
        let output = command
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("the crate asyncio does not build");
        }
        let mut rlib = None;
        for message in serde_json::Deserializer::from_slice(&output.stdout)
            .into_iter::<serde_json::Value>()
        {
            let message =
                message.context("cargo printed something that is not JSON")?;
            if message["reason"] == "compiler-artifact"
                && message["target"]["name"] == "asyncio"
            {
                let files = message["filenames"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|file| file.as_str());
                rlib = files
                    .map(PathBuf::from)
                    .find(|file| file.extension().is_some_and(|end| end == "rlib"));
            }
        }
        let rlib = rlib.context("cargo does not say where the crate asyncio is")?;
        Ok(Self { root: root.to_owned(), rlib })
    }

    /// For a test: the crate that cargo has built for the running binary, or otherwise the result of [`Compiler::find`].
    ///
    /// There may be several builds of the crate next to the binary, and some may have lost their dependencies. The newest one
    /// that a file can use is taken, which avoids another build with other features.
    ///
    /// # Errors
    ///
    /// Fails when there is none, and the crate does not build.
    pub fn beside_this_binary(root: &Path, folder: &Path) -> Result<Self> {
        let binary = std::env::current_exe()?;
        let is_crate = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libasyncio-") && name.ends_with(".rlib")
        };
        let entries = std::fs::read_dir(binary.parent().unwrap_or(Path::new(".")))?;
        let mut built: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(is_crate)
            .collect();
        built.sort_by_key(|path| {
            path.metadata().and_then(|data| data.modified()).ok()
        });
        let file = folder.join("uses.rs");
        std::fs::write(&file, "use asyncio as _;\n")?;
        while let Some(rlib) = built.pop() {
            let compiler = Self { root: root.to_owned(), rlib };
            if compiler.errors(&file, &folder.join("uses.rmeta"))?.is_empty() {
                return Ok(compiler);
            }
        }
        Self::find(root)
    }

    /// Compiles a file, given from the root of the workspace or from that of the system; `to` is where the result goes. The
    /// compiler's messages are in the output.
    ///
    /// # Errors
    ///
    /// Fails when the compiler cannot be started. A file that does not compile is no error.
    pub fn compile(
        &self,
        file: &Path,
        to: &Path,
        kind: Kind,
        options: &[&str],
    ) -> Result<Output> {
        let folder = self.rlib.parent().unwrap_or(Path::new("."));
        let mut command = Command::new(
            std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()),
        );
        command.args([
            "--edition",
            "2024",
            "--crate-name",
            "exercise",
            "-C",
            "debuginfo=0",
            "-A",
            "dead_code",
            // What a reader needs for the solution is imported from the beginning.
            "-A",
            "unused_imports",
        ]);
        command.arg("--extern").arg(format!("asyncio={}", self.rlib.display()));
        command
            .arg("-L")
            .arg(format!("dependency={}", folder.join("deps").display()));
        command.arg("-L").arg(format!("dependency={}", folder.display()));
        match kind {
            Kind::Check => {
                command.args(["--crate-type", "lib", "--emit", "metadata"])
            }
            Kind::Tests => command.arg("--test"),
        };
        command.args(options).arg("-o").arg(to).arg(file);
        command.current_dir(&self.root).output().context("cannot run rustc")
    }

    /// The codes of the errors of a file that does not compile, such as `E0373`, in order, each once.
    ///
    /// # Errors
    ///
    /// Fails when the compiler cannot be started.
    pub fn errors(&self, file: &Path, to: &Path) -> Result<Vec<String>> {
        let output = self.compile(
            file,
            to,
            Kind::Check,
            &["--error-format=json", "--allow", "unused"],
        )?;
        let mut codes: Vec<String> = Vec::new();
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let message: serde_json::Value =
                serde_json::from_str(line).with_context(|| line.to_owned())?;
            if message["level"] == "error" {
                let code = message["code"]["code"]
                    .as_str()
                    .unwrap_or("an error without a code")
                    .to_owned();
                // The last message only counts the others.
                let is_count = message["message"]
                    .as_str()
                    .is_some_and(|words| words.starts_with("aborting"));
                if !is_count && !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        anyhow::ensure!(
            codes.is_empty() == output.status.success(),
            "rustc contradicts itself about {}",
            file.display()
        );
        Ok(codes)
    }
}
