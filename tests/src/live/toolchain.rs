//! The compiler for `wasm32-unknown-unknown`: the one of this machine, or Debian's.
//!
//! A stock toolchain adds the target with rustup. If rustup's server cannot be reached, Debian's archive perhaps can: its packages
//! for web browsers contain a compiler, its library as source, and a linker. They are unpacked into a folder, not installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::program::cargo;

/// The target.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages: the compiler with its libraries, the sources of the library, the linker with its own.
const PACKAGES: [&str; 7] =
    ["rustc-web", "libstd-rust-web-dev", "libstd-rust-web-1.96", "rust-web-src", "libllvm22", "lld-19", "libllvm19"];

/// A compiler that knows the target.
#[derive(Debug)]
pub enum Toolchain {
    /// The one that cargo uses anyway.
    Stock,
    /// Debian's, in this folder.
    Debian(PathBuf),
}

impl Toolchain {
    /// The toolchain of this machine, if it has one. `root` is that of the repository.
    ///
    /// # Errors
    ///
    /// Fails when the compiler cannot be run.
    pub fn find(root: &Path) -> Result<Option<Self>> {
        if has_target()? {
            return Ok(Some(Self::Stock));
        }
        let folder = folder(root);
        Ok(folder.join("usr/bin/rustc").is_file().then_some(Self::Debian(folder)))
    }

    /// Like [`find`](Self::find), but adds the target to the toolchain of this machine, or else downloads Debian's.
    ///
    /// # Errors
    ///
    /// Fails when neither is available, with the reasons.
    pub fn fetch(root: &Path) -> Result<Self> {
        if let Some(found) = Self::find(root)? {
            return Ok(found);
        }
        let added = Command::new("rustup").args(["target", "add", TARGET]).status();
        if added.is_ok_and(|status| status.success()) && has_target()? {
            return Ok(Self::Stock);
        }
        let folder = folder(root);
        unpack(&folder).context("rustup cannot add the target, and Debian's compiler for it cannot be had")?;
        Ok(Self::Debian(folder))
    }

    /// A cargo command that builds for the target: `cargo VERB --target …`.
    pub fn cargo(&self, verb: &str, flags: &[&str]) -> Command {
        let mut command = cargo();
        command.args([verb, "--target", TARGET]);
        let mut flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        if let Self::Debian(folder) = self {
            let at = |path: &str| folder.join(path).display().to_string();
            flags.extend([format!("-Clinker={}", at("usr/bin/wasm-ld-19")), "-Clinker-flavor=wasm-ld".to_owned()]);
            command
                // Its library comes as source.
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", at("usr/bin/rustc"))
                .env("LD_LIBRARY_PATH", [at("usr/lib/x86_64-linux-gnu"), at("usr/lib/llvm-19/lib")].join(":"));
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        command
    }
}

/// The folder into which Debian's packages are unpacked.
fn folder(root: &Path) -> PathBuf {
    root.join("target/rustc-web")
}

/// Does the compiler of this machine have the library of the target?
fn has_target() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::null())
        .output()
        .context("cannot run rustc")?;
    Ok(output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// Downloads Debian's packages and unpacks them into a folder.
fn unpack(folder: &Path) -> Result<()> {
    let parts = tempfile::tempdir()?;
    // Old lists may name packages that are gone. Without the rights to update them, the old lists must do.
    let _ = Command::new("apt-get").args(["-qq", "update"]).status();
    run(Command::new("apt-get").args(["-qq", "download"]).args(PACKAGES).current_dir(parts.path()))?;
    let unpacked = tempfile::tempdir_in(folder.parent().context("the folder is in one")?)?;
    for entry in std::fs::read_dir(parts.path())? {
        run(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(unpacked.path()))?;
    }
    ensure!(unpacked.path().join("usr/bin/rustc").is_file(), "there is no compiler in Debian's packages");
    // Whole or not at all.
    std::fs::rename(unpacked.keep(), folder)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{:?} failed", command.get_program());
    }
    Ok(())
}
