//! Programs that meet the world outside of a loop: other threads, the peers of connections, clients, children.
//!
//! The clock is the real one, so a trace has no times. A program is a list of steps that one coroutine takes, and each step
//! waits until its effect is certain: a thread is joined, or waits at a gate; the peer of a connection is a socket in the same
//! thread, and the loop gets the iterations that it needs to pass on what arrived. So the traces are the same each time, on
//! CPython (`outside.py`) and on our runtime.
//!
//! Every step is possible at any time, so a program that shows a difference can be made smaller by leaving out steps.

mod peer;
mod player;
mod processes;
mod servers;
mod streams;
mod threads;

use std::ops::Range;

use anyhow::{Result, bail};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::cpython::{Process, Reference, script};

/// A program of one of the kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// Jobs in a pool of threads, and threads that call into the loop.
    Threads(threads::Program),
    /// One connection, whose other end says and does what the program says.
    Streams(streams::Program),
    /// A server, and its clients.
    Servers(servers::Program),
    /// A child process, which is a shell script.
    Processes(processes::Program),
}

/// The kinds of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the programs'")]
pub enum Kind {
    Threads,
    Streams,
    Servers,
    Processes,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Threads, Self::Streams, Self::Servers, Self::Processes];

    /// The program of a seed.
    #[must_use]
    pub fn program(self, seed: u64) -> Program {
        let rng = &mut Rng::with_seed(seed);
        match self {
            Self::Threads => Program::Threads(threads::generate(rng)),
            Self::Streams => Program::Streams(streams::generate(rng)),
            Self::Servers => Program::Servers(servers::generate(rng)),
            Self::Processes => Program::Processes(processes::generate(rng)),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Streams => "streams",
            Self::Servers => "servers",
            Self::Processes => "processes",
        }
    }
}

/// The trace of a program on our runtime.
#[must_use]
pub fn trace(program: &Program) -> String {
    let program = program.clone();
    // A thread of its own, so that a panic becomes a line of the trace.
    let play = move || match program {
        Program::Threads(program) => threads::play(program),
        Program::Streams(program) => streams::play(program),
        Program::Servers(program) => servers::play(program),
        Program::Processes(program) => processes::play(program),
    };
    std::thread::spawn(play).join().unwrap_or_else(|_| "panicked\n".to_owned())
}

impl Program {
    /// The programs that this one becomes without one of its steps.
    fn smaller(&self) -> Vec<Self> {
        fn without<S: Clone>(steps: &[S]) -> impl Iterator<Item = Vec<S>> {
            (0..steps.len()).map(|left_out| {
                let mut steps = steps.to_vec();
                steps.remove(left_out);
                steps
            })
        }
        match self {
            Self::Threads(all) => {
                without(&all.steps).map(|steps| Self::Threads(threads::Program { steps, ..all.clone() })).collect()
            }
            Self::Streams(all) => {
                without(&all.steps).map(|steps| Self::Streams(streams::Program { steps, ..all.clone() })).collect()
            }
            Self::Servers(all) => {
                without(&all.steps).map(|steps| Self::Servers(servers::Program { steps, ..all.clone() })).collect()
            }
            Self::Processes(all) => {
                without(&all.steps).map(|steps| Self::Processes(processes::Program { steps, ..all.clone() })).collect()
            }
        }
    }
}

/// A process that plays programs on CPython.
fn theirs(python: &Reference) -> Result<Process> {
    let Reference::Machine(python) = python else {
        bail!("sockets, threads and children need a CPython, not Pyodide");
    };
    Process::start(script(python, "outside.py"))
}

/// A program whose traces differ, made as small as possible.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The seed that showed it.
    pub seed: u64,
    /// The program.
    pub program: Program,
    /// Its trace on CPython.
    pub theirs: String,
    /// Its trace on our runtime.
    pub ours: String,
}

/// Compares the programs of these seeds, until this many `differences` are found. Also returns the number of lines of all
/// traces together.
///
/// # Errors
///
/// Fails if Python does.
pub fn compare(
    python: &Reference,
    kind: Kind,
    seeds: Range<u64>,
    differences: usize,
    progress: impl Fn(u64),
) -> Result<(usize, Vec<Difference>)> {
    let mut python = theirs(python)?;
    let (mut lines, mut found) = (0, Vec::new());
    for seed in seeds {
        let mut program = kind.program(seed);
        let mut both = |program: &Program| anyhow::Ok((python.ask::<String>(program)?, trace(program)));
        let (mut theirs, mut ours) = both(&program)?;
        lines += theirs.lines().count();
        progress(seed);
        if theirs == ours {
            continue;
        }
        let smaller = |program: &Program, both: &mut dyn FnMut(&Program) -> Result<(String, String)>| {
            for candidate in program.smaller() {
                let (theirs, ours) = both(&candidate)?;
                if theirs != ours {
                    return anyhow::Ok(Some((candidate, theirs, ours)));
                }
            }
            Ok(None)
        };
        while let Some(found) = smaller(&program, &mut both)? {
            (program, theirs, ours) = found;
        }
        found.push(Difference { seed, program, theirs, ours });
        if found.len() >= differences {
            break;
        }
    }
    Ok((lines, found))
}
