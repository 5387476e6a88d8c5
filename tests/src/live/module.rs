//! The WebAssembly module that holds every program which a page can run.
//!
//! The programs are copied, and become modules of the crate `live`. The copies differ in two words: `main` is public, and
//! arguments come from the page. Where `main` only runs a coroutine, the copy has a second function, which returns that
//! coroutine, so that the page can drive the loop.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::toolchain::{TARGET, Toolchain};
use super::{Live, live};
use crate::read;

/// The built module.
#[derive(Debug)]
pub struct Module {
    /// Its file.
    pub path: PathBuf,
    /// The programs in it.
    pub programs: Vec<InPage>,
}

/// A program of the module.
#[derive(Debug)]
pub struct InPage {
    /// Its name.
    pub name: String,
    /// Can the page drive its loop, so that it runs in real time?
    pub hosted: bool,
    /// Does it draw random numbers?
    pub draws: bool,
    /// Does it read its arguments?
    pub takes_arguments: bool,
}

/// Builds the module.
///
/// # Errors
///
/// Fails when a file cannot be read or written, or the crate does not compile; cargo has said why on standard error.
pub fn build(root: &Path, toolchain: &Toolchain) -> Result<Module> {
    let folder = root.join("target/live");
    let copies = folder.join("programs");
    let programs = copy(root, &copies)?;
    // Locations in the outputs must be those of the programs.
    let remap = [&copies, &root.to_owned()].map(|from| format!("--remap-path-prefix={}/=", from.display()));
    let status = toolchain
        .cargo("build", &[&remap[1], &remap[0]])
        .args(["--release", "--manifest-path", "live/Cargo.toml", "--target-dir"])
        .arg(&folder)
        .env("LIVE_PROGRAMS", &copies)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the programs do not build for {TARGET}");
    Ok(Module { path: folder.join(TARGET).join("release/live.wasm"), programs })
}

/// Copies the programs into a folder, with the list of them as a file of Rust. A file that does not change keeps its
/// modification time.
fn copy(root: &Path, folder: &Path) -> Result<Vec<InPage>> {
    let (mut modules, mut table) = (String::new(), String::new());
    let mut programs = Vec::new();
    for Live { program, reason, networked, echoes } in live(root)? {
        if reason.is_some() {
            continue;
        }
        let path = Path::new("examples").join(&program.path);
        let text = read(root.join(&path))?;
        let hosted = main_coroutine(&text).is_some();
        let name = program.name;
        write(&folder.join(&path), &with_doors(&text))?;
        let door = if hosted { format!("Some({name}::hosted)") } else { "None".to_owned() };
        writeln!(modules, "#[path = {:?}]\nmod {name};", folder.join(&path))?;
        table += &entry(&name, &door, networked, echoes);
        programs.push(InPage {
            name,
            hosted,
            draws: text.contains("random"),
            takes_arguments: [ARGUMENTS, PARSED].iter().any(|reads| text.contains(reads)),
        });
    }
    table += &entry(REACH, "None", false, false);
    write(&folder.join("programs.rs"), &format!("{modules}\nconst PROGRAMS: &[page::Program] = &[\n{table}];\n"))?;
    Ok(programs)
}

/// The program of the module that is not one of the guide's: `live/src/reach.rs`.
pub(super) const REACH: &str = "reach";

/// A line in the table of the programs.
fn entry(name: &str, door: &str, networked: bool, echoes: bool) -> String {
    let main = format!("|| ending::End::end({name}::main())");
    format!(
        "    page::Program {{ name: {name:?}, main: {main}, hosted: {door}, networked: {networked}, echoes: {echoes} }},\n"
    )
}

/// The program with a `main` that other modules can call, and its coroutine for the page, if it has one.
fn with_doors(program: &str) -> String {
    let public = program.replacen("\nfn main(", "\npub(super) fn main(", 1);
    let mut text = public.replace(ARGUMENTS, "crate::page::args()").replace(PARSED, "crate::page::parsed()");
    if let Some(coroutine) = main_coroutine(program) {
        text += "\npub(super) fn hosted() -> crate::hosted::Guest {\n    ";
        text += &format!("crate::hosted::start({coroutine})\n}}\n");
    }
    text
}

/// The expression with which a program reads its arguments.
const ARGUMENTS: &str = "env::args()";

/// The same for a program that has them parsed.
const PARSED: &str = "Arguments::parse()";

/// The coroutine that `main` runs, if it does nothing else.
fn main_coroutine(program: &str) -> Option<&str> {
    let (_, body) = program.split_once("\nfn main() -> Result<()> {\n    run(")?;
    let (coroutine, _) = body.split_once(")\n}\n")?;
    (!coroutine.contains('\n')).then_some(coroutine)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = path.parent().context("a file is in a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_doors_for_the_page() {
        let program = "use asyncio::run;\n\nfn main() -> Result<()> {\n    run(program(2))\n}\n";
        let copy = with_doors(program);
        assert!(copy.contains("\npub(super) fn main() -> Result<()> {\n    run(program(2))\n}\n"), "{copy}");
        assert!(copy.contains("    crate::hosted::start(program(2))\n"), "{copy}");
        let copy = with_doors("\nfn main() -> Result<()> {\n    run(program())?;\n    run(program())\n}\n");
        assert!(!copy.contains("hosted"), "it runs two: {copy}");
        assert!(with_doors("\nfn main() {\n    for arg in env::args() {}\n}\n").contains("in crate::page::args()"));
        assert!(
            with_doors("\nfn main() {\n    run(say(Arguments::parse()));\n}\n").contains("say(crate::page::parsed())")
        );
    }
}
