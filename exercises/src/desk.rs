//! The reader's desk: copies of the exercises, which git ignores, and which of them are solved.
//!
//! A copy is made when it is first asked for, and never overwritten except by `reset`. An exercise is solved as long as its
//! copy is the text that passed the tests; that text is kept next to the copies.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::compiler::{Compiler, Kind};
use crate::list::{Exercise, exercises};
use crate::report::Report;
use crate::source::{self, Version};

/// The folder of the copies, which git ignores.
pub const FOLDER: &str = "my-exercises";

/// How long the tests of one exercise may take: on the virtual clock they need a millisecond.
const LIMIT: Duration = Duration::from_secs(20);

/// How far an exercise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no copy yet, or nothing has been changed in it.
    New,
    /// The copy has been changed, and is not known to pass.
    Begun,
    /// The copy passed as it is.
    Solved,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All tests passed; with the compiler's warnings, of an ignored `Result` for example.
    Solved(Report, String),
    /// Some test failed; with the compiler's warnings, which may say why.
    Failed(Report, String),
    /// The file does not compile; the compiler's messages.
    DoesNotCompile(String),
    /// The tests took too long, and were killed.
    TooLong,
    /// The tests ended without a report; what they wrote.
    Broken(String),
    /// The tests in the file are no longer those of the exercise.
    OtherTests,
}

/// The exercises, and the folder of the reader's copies.
#[derive(Clone, Debug)]
pub struct Desk {
    root: PathBuf,
    folder: PathBuf,
    /// All exercises, in order.
    pub exercises: Vec<Exercise>,
}

impl Desk {
    /// The desk of a clone of the repository.
    ///
    /// # Errors
    ///
    /// Fails when the list of exercises cannot be read.
    pub fn new(root: &Path) -> Result<Self> {
        Self::at(root, &root.join(FOLDER))
    }

    /// A desk with its copies in this folder.
    ///
    /// # Errors
    ///
    /// Fails when the list of exercises cannot be read.
    pub fn at(root: &Path, folder: &Path) -> Result<Self> {
        Ok(Self {
            root: root.to_owned(),
            folder: folder.to_owned(),
            exercises: exercises(root)?,
        })
    }

    /// Where the copy of an exercise is.
    pub fn path(&self, exercise: &Exercise) -> PathBuf {
        self.folder.join(exercise.path())
    }

    fn solved_text(&self, exercise: &Exercise) -> PathBuf {
        self.folder.join(".solved").join(exercise.path())
    }

    /// How far an exercise is.
    ///
    /// # Errors
    ///
    /// Fails when the exercise cannot be read.
    pub fn state(&self, exercise: &Exercise) -> Result<State> {
        let Ok(copy) = std::fs::read_to_string(self.path(exercise)) else {
            return Ok(State::New);
        };
        if std::fs::read_to_string(self.solved_text(exercise))
            .is_ok_and(|solved| solved == copy)
        {
            return Ok(State::Solved);
        }
        let start = exercise.version(&self.root, Version::Start)?;
        Ok(if copy == start { State::New } else { State::Begun })
    }

    /// The first exercise that is not solved.
    ///
    /// # Errors
    ///
    /// Fails when an exercise cannot be read.
    pub fn next(&self) -> Result<Option<&Exercise>> {
        for exercise in &self.exercises {
            if self.state(exercise)? != State::Solved {
                return Ok(Some(exercise));
            }
        }
        Ok(None)
    }

    /// The first exercise after this one that is not solved, or else the first before it.
    ///
    /// # Errors
    ///
    /// Fails when an exercise cannot be read.
    pub fn after(&self, exercise: &Exercise) -> Result<Option<&Exercise>> {
        let at =
            self.exercises.iter().position(|other| other.name == exercise.name);
        let (before, after) = self.exercises.split_at(at.unwrap_or_default());
        for other in after.iter().chain(before) {
            if self.state(other)? != State::Solved {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Makes the copy of an exercise unless there is one.
    ///
    /// # Errors
    ///
    /// Fails when the copy cannot be written.
    pub fn open(&self, exercise: &Exercise) -> Result<PathBuf> {
        let path = self.path(exercise);
        if !path.exists() {
            write(&path, &exercise.version(&self.root, Version::Start)?)?;
        }
        self.write_manifest()?;
        Ok(path)
    }

    /// Resets an exercise. The reader's version is kept next to it, under the path that this returns.
    ///
    /// # Errors
    ///
    /// Fails when a file cannot be written.
    pub fn reset(&self, exercise: &Exercise) -> Result<Option<PathBuf>> {
        let path = self.path(exercise);
        let start = exercise.version(&self.root, Version::Start)?;
        let mut kept = None;
        if std::fs::read_to_string(&path).is_ok_and(|copy| copy != start) {
            let old = path.with_extension("rs.old");
            std::fs::rename(&path, &old)
                .with_context(|| format!("cannot move {}", path.display()))?;
            kept = Some(old);
        }
        write(&path, &start)?;
        let solved = self.solved_text(exercise);
        if solved.exists() {
            std::fs::remove_file(&solved)
                .with_context(|| format!("cannot remove {}", solved.display()))?;
        }
        Ok(kept)
    }

    /// Compiles the copy of an exercise and runs its tests. A copy that passes is noted as solved.
    ///
    /// # Errors
    ///
    /// Fails when the copy cannot be read or the tools cannot be started.
    pub fn check(
        &self,
        exercise: &Exercise,
        compiler: &Compiler,
        colours: bool,
    ) -> Result<Outcome> {
        let path = self.open(exercise)?;
        let copy = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let start = exercise.version(&self.root, Version::Start)?;
        if source::tests(&copy) != source::tests(&start) {
            return Ok(Outcome::OtherTests);
        }
        let binary = self.folder.join(".built").join(&exercise.name);
        std::fs::create_dir_all(binary.parent().expect("a binary is in a folder"))?;
        let shown = path.strip_prefix(&self.root).unwrap_or(&path);
        let colour = if colours { "--color=always" } else { "--color=never" };
        let compiled = compiler.compile(shown, &binary, Kind::Tests, &[colour])?;
        let words = String::from_utf8_lossy(&compiled.stderr).into_owned();
        if !compiled.status.success() {
            return Ok(Outcome::DoesNotCompile(words));
        }
        let mut outcome = run(&binary, LIMIT)?;
        if let Outcome::Solved(_, warnings) | Outcome::Failed(_, warnings) =
            &mut outcome
        {
            *warnings = words;
        }
        if matches!(outcome, Outcome::Solved(..)) {
            write(&self.solved_text(exercise), &copy)?;
        }
        Ok(outcome)
    }

    /// Writes a manifest next to the copies, for editors that understand Rust. Nothing here reads it.
    fn write_manifest(&self) -> Result<()> {
        let mut manifest = String::from(
            "# Written by `cargo xtask exercise`, so that an editor understands the files below.\n[workspace]\n\n[package]\nname = \
             \"my-exercises\"\nedition = \"2024\"\nautotests = false\n\n[dependencies]\nasyncio = { path = \"../crates/asyncio\" }\n",
        );
        for exercise in &self.exercises {
            if self.path(exercise).exists() {
                let (name, path) = (&exercise.name, exercise.path());
                manifest += &format!(
                    "\n[[test]]\nname = \"{name}\"\npath = \"{}\"\n",
                    path.display()
                );
            }
        }
        write(&self.folder.join("Cargo.toml"), &manifest)
    }
}

/// Runs a test binary, and kills it if it takes too long.
fn run(binary: &Path, limit: Duration) -> Result<Outcome> {
    let printed = binary.with_extension("out");
    let file = std::fs::File::create(&printed)?;
    let mut child = Command::new(binary)
        .args(["--test-threads=1", "--color=never"])
        .env("RUST_BACKTRACE", "0")
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    let until = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > until {
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::TooLong);
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = String::from_utf8_lossy(&std::fs::read(&printed)?).into_owned();
    let report = Report::read(&text);
    Ok(match (status.success(), report.failed.is_empty()) {
        (true, _) if report.is_good() => Outcome::Solved(report, String::new()),
        (false, false) => Outcome::Failed(report, String::new()),
        _ => Outcome::Broken(text),
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    std::fs::write(path, text)
        .with_context(|| format!("cannot write {}", path.display()))
}
