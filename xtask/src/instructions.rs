//! `cargo xtask instructions`: counts the instructions that the hot paths of the runtime take, and compares them with the
//! committed counts.
//!
//! Times differ from run to run and from machine to machine, but counts of instructions hardly do. callgrind runs the program
//! in `bench/instructions` twice with different repetitions, and the difference belongs to the path. A path fails if it takes
//! more than [`TOLERANCE`] above `reference.toml`. To prevent many small increases from adding up, a path also fails if it
//! takes that much more than in `frozen.toml`, which has the counts of the day on which the core was redesigned and is never
//! written. A different compiler makes different code, so then the counts are only shown.
//!
//! The size of an empty program (`src/bin/empty.rs`) is compared in the same way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use console::style;
use guide_tests::{nearest, root, unknown};
use serde::{Deserialize, Serialize};

use crate::{cargo, finish};

/// How much a path may grow, in percent: as much as the same program may vary with another C library or processor.
const TOLERANCE: f64 = 5.0;

/// How much the empty program may grow, in percent: names of folders are in it, so its size depends on where it is built.
const SIZE_TOLERANCE: f64 = 2.0;

/// How often a path is taken in the two runs. Some paths are taken a thousand times at once.
const COUNTS: [u32; 2] = [1_000, 5_000];

const REFERENCE: &str = "bench/instructions/reference.toml";
/// The counts with which all changes together are compared. A path that is not in this file is newer.
const FROZEN: &str = "bench/instructions/frozen.toml";
const OPENING: &str = "# Instructions of one operation, and the bytes of an empty program. `cargo xtask instructions --bless` writes this file.\n\n";

const MANIFEST: &str = "bench/Cargo.toml";
/// The package with the program of the paths and the empty one, and how it is compiled.
const PACKAGE: [&str; 6] = ["--manifest-path", MANIFEST, "--package", "instructions", "--profile", "instructions"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The paths to count; by default, all
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Write the counts to the reference instead of comparing them
    #[arg(long)]
    bless: bool,
    /// Fail if valgrind is missing, instead of skipping the check
    #[arg(long)]
    required: bool,
}

/// The committed counts, and the compiler that made the code.
#[derive(Default, Serialize, Deserialize)]
struct Reference {
    compiler: String,
    /// The size of an empty program in bytes.
    empty: Option<u64>,
    paths: BTreeMap<String, f64>,
}

impl Reference {
    fn read(file: &'static str) -> Result<Self> {
        toml::from_str(&guide_tests::read(root().join(file))?).context(file)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Err(reason) = version("valgrind", &["--version"]) {
        ensure!(!arguments.required, "no instructions can be counted: {reason:#}");
        println!("{} no instructions are counted: {reason:#}", style("skipped").yellow());
        return Ok(());
    }
    let program = build()?;
    let known = names(&program)?;
    if let Some(path) = arguments.paths.iter().find(|path| !known.contains(path)) {
        bail!("{}; there are: {}", unknown("path", path, known.iter().map(String::as_str)), known.join(" "));
    }
    let file = root().join(REFERENCE);
    let mut reference = if file.exists() { Reference::read(REFERENCE)? } else { Reference::default() };
    let frozen = Reference::read(FROZEN)?;
    let compiler = version("rustc", &["-vV"])?;
    let is_same = compiler == reference.compiler;
    if !is_same && !arguments.bless {
        println!("{} reference: {}; this is {compiler}", style("not judged:").yellow(), reference.compiler);
    }

    let mut worse = Vec::new();
    let wanted = known.iter().filter(|path| arguments.paths.is_empty() || arguments.paths.contains(path));
    for path in wanted {
        let counted = count(&program, path)?;
        let verdict = verdict(counted, reference.paths.get(path).copied(), TOLERANCE);
        let frozen = frozen.paths.get(path).filter(|_| compiler == frozen.compiler);
        let in_all = frozen.map(|before| 100.0 * (counted - before) / before);
        let since = in_all.map_or(String::new(), |change| format!("; in all {change:+.1} %"));
        println!("{path:22} {counted:9.1}  {}{since}", verdict.words());
        if arguments.bless {
            reference.paths.insert(path.clone(), counted);
        } else if verdict.is_bad() || in_all.is_some_and(|change| change > TOLERANCE) {
            worse.push(path.as_str());
        }
    }
    let is_larger = arguments.paths.is_empty() && compare_size(&program, &mut reference, arguments.bless)?;
    if arguments.bless {
        let whole = arguments.paths.is_empty();
        ensure!(is_same || whole, "the reference is from {}: bless all paths at once", reference.compiler);
        reference.compiler = compiler;
        reference.paths.retain(|path, _| known.contains(path));
        std::fs::write(&file, format!("{OPENING}{}", toml::to_string(&reference)?))?;
        println!("{REFERENCE} is written");
    } else if let Some(gone) = reference.paths.keys().find(|path| !known.contains(path)) {
        let hint = nearest(gone, known.iter().map(String::as_str)).unwrap_or("none");
        bail!("{REFERENCE} has {gone:?}, which is no path (nearest: {hint}); --bless writes it anew");
    } else if is_same && !worse.is_empty() {
        bail!(
            "more instructions than before: {}. Where they go: callgrind_annotate {}. If they are worth it: --bless",
            worse.join(" "),
            profile(&program, worse[0]).display(),
        );
    }
    ensure!(
        !(is_same && is_larger),
        "an empty program is larger than before. If what it contains is worth it: --bless"
    );
    Ok(())
}

/// Compares the size of the empty program with the reference, or writes it there. Returns true if it is much larger.
fn compare_size(program: &Path, reference: &mut Reference, bless: bool) -> Result<bool> {
    finish(cargo(&["rustc", "--quiet", "--bin", "empty"]).args(PACKAGE).args(["--", "-C", "strip=symbols"]))?;
    let size = std::fs::metadata(program.with_file_name("empty"))?.len();
    let verdict = verdict(size as f64, reference.empty.map(|before| before as f64), SIZE_TOLERANCE);
    println!("{:22} {size:9}  {}", "bytes, empty program", verdict.words());
    if bless {
        reference.empty = Some(size);
    }
    Ok(!bless && verdict.is_bad())
}

/// The result of a comparison.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// The path has not been counted before.
    New,
    /// Within the tolerance; the change in percent.
    Same(f64),
    Fewer(f64),
    More(f64),
}

fn verdict(counted: f64, before: Option<f64>, tolerance: f64) -> Verdict {
    let Some(before) = before else { return Verdict::New };
    match 100.0 * (counted - before) / before {
        change if change > tolerance => Verdict::More(change),
        change if change < -tolerance => Verdict::Fewer(change),
        change => Verdict::Same(change),
    }
}

impl Verdict {
    fn words(&self) -> String {
        match self {
            Verdict::New => style("not in the reference").red().to_string(),
            Verdict::Same(change) => format!("{change:+.1} %"),
            Verdict::Fewer(change) => format!("{} (--bless keeps it)", style(format!("{change:+.1} %")).green()),
            Verdict::More(change) => style(format!("{change:+.1} %")).red().to_string(),
        }
    }

    fn is_bad(&self) -> bool {
        matches!(self, Verdict::New | Verdict::More(_))
    }
}

/// Builds the program, and returns its path.
fn build() -> Result<PathBuf> {
    finish(cargo(&["build", "--quiet", "--bin", "instructions"]).args(PACKAGE))?;
    let output = cargo(&["metadata", "--manifest-path", MANIFEST, "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(Path::new(target).join("instructions/instructions"))
}

/// The paths there are.
fn names(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).output()?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Instructions of one operation, rounded to tenths.
fn count(program: &Path, path: &str) -> Result<f64> {
    let runs = COUNTS.map(|times| callgrind(program, path, times));
    let [few, many] = runs.map(|run| collected(run?));
    let each = (many? as f64 - few? as f64) / f64::from(COUNTS[1] - COUNTS[0]);
    Ok((each * 10.0).round() / 10.0)
}

/// Starts one run, which writes its profile beside the program.
fn callgrind(program: &Path, path: &str, times: u32) -> Result<Child> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", &format!("--callgrind-out-file={}", profile(program, path).display())]);
    command.arg(program).args([path, &times.to_string()]);
    // Variables that could change the program's steps.
    for name in ["ASYNCIO_CLOCK", "ASYNCIO_DEBUG", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"] {
        command.env_remove(name);
    }
    Ok(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?)
}

/// The profile of the longer run, which ends second, for callgrind_annotate.
fn profile(program: &Path, path: &str) -> PathBuf {
    program.with_file_name(format!("{path}.callgrind"))
}

/// The number of instructions that a run reports at its end.
fn collected(run: Child) -> Result<u64> {
    let output = run.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "callgrind: {}\n{said}", output.status);
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, number) = line.with_context(|| format!("callgrind says nothing of what it collected:\n{said}"))?;
    Ok(number.trim().parse()?)
}

/// What a program says about itself, in one line.
fn version(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().with_context(|| format!("cannot run {program}"))?;
    ensure!(output.status.success(), "{program} failed");
    let said = String::from_utf8(output.stdout)?;
    let line = |start: &str| said.lines().find_map(|line| line.strip_prefix(start));
    match (line("release: "), line("host: ")) {
        (Some(release), Some(host)) => Ok(format!("{program} {release} for {host}")),
        _ => Ok(said.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fails_when_it_takes_a_twentieth_more() {
        let verdict = |counted| verdict(counted, Some(100.0), TOLERANCE);
        assert_eq!(verdict(105.0), Verdict::Same(5.0));
        assert_eq!(verdict(106.0), Verdict::More(6.0));
        assert_eq!(verdict(94.0), Verdict::Fewer(-6.0));
        assert!(verdict(106.0).is_bad());
        assert!(!verdict(50.0).is_bad());
    }

    #[test]
    fn a_path_without_a_reference_fails() {
        assert!(verdict(1.0, None, TOLERANCE).is_bad());
    }

    #[test]
    fn the_references_can_be_read_and_have_every_path_as_a_number() {
        for file in [REFERENCE, FROZEN] {
            let reference = Reference::read(file).unwrap();
            assert!(!reference.compiler.is_empty() && !reference.paths.is_empty());
            assert!(reference.paths.values().all(|&count| count > 0.0));
            assert!(file == FROZEN || reference.empty.is_some_and(|size| size > 300_000));
        }
    }
}
