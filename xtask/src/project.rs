//! `cargo xtask project`: makes the project of a chapter in an empty folder, as a reader would.
//!
//! Its files are those that the chapter shows (`tests/project`). The folder is beside one called `asyncio`, as the reader's is.
//! The program and its tests are run. Then a fault is added, which two tests must find and show as in the chapter.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use guide_tests::{read, root};

/// A fault that the chapter makes: the pauses grow faster.
const FAULT: [&str; 2] = ["pause *= 2.0;", "pause *= 3.0;"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Rewrite the expected output of the project instead of comparing it
    #[arg(long)]
    bless: bool,
}

/// All of it, for `cargo xtask ci --full`.
pub(crate) fn all() -> Result<()> {
    run(&Arguments { bless: false })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::os::unix::fs::symlink(root(), folder.path().join("asyncio"))?;
    let project = folder.path().join("retry");
    let from = root().join("tests/project");
    fs::create_dir_all(project.join("src"))?;
    for file in ["Cargo.toml", "src/main.rs"] {
        fs::copy(from.join(file), project.join(file))?;
    }
    let output = cargo(&project, &["run", "--quiet"], true)?;
    compare(&from.join("output.txt"), &output, arguments.bless)?;
    let output = cargo(&project, &["test", "--quiet"], true)?;
    ensure!(output.contains("3 passed; 0 failed"), "the tests of the project:\n{output}");

    let program = read(project.join("src/main.rs"))?;
    ensure!(program.matches(FAULT[0]).count() == 1, "the fault cannot be put into the program");
    fs::write(project.join("src/main.rs"), program.replace(FAULT[0], FAULT[1]))?;
    let output = cargo(&project, &["test", "--quiet"], false)?;
    ensure!(output.contains("1 passed; 2 failed"), "the tests do not find the fault:\n{output}");
    compare(&from.join("failure.txt"), &difference(&output)?, arguments.bless)?;
    println!("the project runs, and its tests find a fault");
    Ok(())
}

/// Runs cargo in the project and returns its output; it must succeed or fail, as `succeeds` says.
fn cargo(project: &Path, arguments: &[&str], succeeds: bool) -> Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", root().join("target/project"))
        .env("ASYNCIO_CLOCK", "virtual")
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .env("NO_COLOR", "1")
        .env_remove("CI")
        .env_remove("RUST_BACKTRACE")
        .output()
        .context("cargo cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() == succeeds, "cargo {} in the project:\n{text}{errors}", arguments.join(" "));
    Ok(if succeeds { text } else { text + &errors })
}

/// The lines of insta's report that show what differs.
fn difference(output: &str) -> Result<String> {
    let is_of_it = |line: &&str| line.contains('│') || line.starts_with('-') || line.starts_with('+');
    let begin = output.find("-old snapshot").context("insta shows no difference")?;
    let lines: Vec<&str> = output[begin..].lines().take_while(|line| !line.is_empty()).filter(is_of_it).collect();
    Ok(lines.iter().map(|line| format!("{}\n", line.trim_end())).collect())
}

fn compare(file: &Path, found: &str, bless: bool) -> Result<()> {
    if bless {
        fs::write(file, found)?;
        return Ok(());
    }
    let expected = read(file)?;
    ensure!(expected == found, "{} has\n{expected}and the project prints\n{found}", file.display());
    Ok(())
}
