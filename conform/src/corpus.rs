//! The stored programs, with the traces that CPython gave.
//!
//! `corpus/random.jsonl.gz` has some thousands of random ones, one per line. They are stored as programs, not as seeds, so that
//! the generator may change. `corpus/named` has one for each bug that was found.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::cpython::{Interpreter, Reference};
use crate::language::Program;
use crate::{generate, root};

/// A program with its trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The program.
    pub program: Program,
    /// The lines that CPython wrote.
    pub trace: Vec<String>,
}

/// A program that stands for a bug that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// What it shows.
    pub about: String,
    /// The program and its trace; the trace is empty until it is recorded.
    #[serde(flatten)]
    pub entry: Entry,
}

/// The random programs.
///
/// # Errors
///
/// Fails if the file cannot be read.
pub fn random() -> Result<Vec<Entry>> {
    let path = random_path();
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// The named programs, each with the path of its file.
///
/// # Errors
///
/// Fails if a file cannot be read; the error names it.
pub fn named() -> Result<Vec<(PathBuf, Named)>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root().join("corpus/named"))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let read = |path: PathBuf| -> Result<(PathBuf, Named)> {
        let text = fs::read_to_string(&path)?;
        let named = serde_json::from_str(&text).with_context(|| format!("{} is no program", path.display()))?;
        Ok((path, named))
    };
    paths.into_iter().map(read).collect()
}

/// Random programs longer than this, in bytes, are not stored: the file can hold more short ones.
const LONGEST: usize = 900;

/// Rewrites the corpus: this many random programs, from this seed on, and the traces of the named ones.
///
/// # Errors
///
/// Fails if Python does, or if a file cannot be written.
pub fn record(python: &Reference, seed: u64, programs: usize) -> Result<()> {
    let mut interpreter = Interpreter::start(python)?;
    let mut trace = |program: &Program| -> Result<Option<Vec<String>>> {
        Ok(interpreter.trace(program)?.map(|trace| trace.lines().map(str::to_owned).collect()))
    };
    for (path, mut named) in named()? {
        let trace = trace(&named.entry.program)?;
        named.entry.trace = trace.with_context(|| format!("CPython does not end with {}", path.display()))?;
        fs::write(path, serde_json::to_string_pretty(&named)? + "\n")?;
    }
    let mut file = GzEncoder::new(File::create(random_path())?, Compression::best());
    let mut left = programs;
    for seed in seed.. {
        if left == 0 {
            break;
        }
        let program = generate::program(seed);
        if serde_json::to_string(&program)?.len() <= LONGEST
            && let Some(trace) = trace(&program)?
        {
            writeln!(file, "{}", serde_json::to_string(&Entry { program, trace })?)?;
            left -= 1;
        }
    }
    file.finish()?;
    Ok(())
}

fn random_path() -> PathBuf {
    root().join("corpus/random.jsonl.gz")
}
