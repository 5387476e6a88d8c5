//! Runs many programs on both interpreters, and looks for a difference.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::cpython::{Interpreter, Reference};
use crate::language::Program;
use crate::shrink::shrink;
use crate::{trace, trace_hosted, trace_scoped, trace_watched};

/// A program whose traces differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The number (or seed) of the program that showed it first.
    pub number: u64,
    /// The program, made as small as possible.
    pub program: Program,
    /// Its trace on CPython.
    pub theirs: String,
    /// Its trace on our runtime.
    pub ours: String,
}

/// Figures of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Programs run on both.
    pub programs: u64,
    /// Lines of their traces.
    pub lines: u64,
    /// Programs whose main coroutine returned.
    pub returned: u64,
    /// Programs whose main coroutine raised.
    pub raised: u64,
    /// Programs that reached a point at which nothing could happen any more.
    pub deadlocked: u64,
    /// Programs that never end on CPython; they are not compared.
    pub endless: u64,
    /// Programs whose traces differ.
    pub different: u64,
    /// Programs whose traces differed, but were equal when they were run again.
    pub unsteady: u64,
}

/// Two traces beside each other; lines that differ are marked.
#[must_use]
pub fn side_by_side(theirs: &str, ours: &str) -> String {
    const MOST: usize = 70;
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.lines().collect(), ours.lines().collect());
    let width = theirs.iter().map(|line| line.chars().count()).max().unwrap_or_default().clamp(10, MOST);
    let mut text = format!("  {:width$}  {}\n", "CPython", "ours");
    for i in 0..theirs.len().max(ours.len()) {
        let (left, right) = (theirs.get(i).copied().unwrap_or_default(), ours.get(i).copied().unwrap_or_default());
        let mark = if theirs.get(i) == ours.get(i) { ' ' } else { '!' };
        text.push_str(&format!("{mark} {left:width$}  {right}\n"));
    }
    text
}

impl Figures {
    fn add(&mut self, trace: &str) {
        self.programs += 1;
        self.lines += trace.lines().count() as u64;
        self.returned += u64::from(trace.contains("\n- main returned"));
        self.raised += u64::from(trace.contains("\n- main raised"));
        self.deadlocked += u64::from(trace.contains("\n- deadlock"));
    }
}

/// What the workers have done so far, and what they are doing.
struct Work {
    next: AtomicU64,
    end: AtomicU64,
    /// The program that each worker runs, and how many looks have found it running.
    running: Vec<Mutex<Option<(u64, u32)>>>,
    figures: Mutex<Figures>,
    differences: Mutex<Vec<Difference>>,
}

/// How often the running programs are looked at, and the number of looks within which every program ends, even on a slow
/// machine. Looks are counted instead of time: while the machine is suspended, or has no processor for this process, there are
/// no looks.
const LOOK: Duration = Duration::from_millis(50);
const MOST_LOOKS: u32 = 2400;

/// One program in this many runs under an observer and a scheduling policy, one in a loop that a host drives, and one with groups for
/// coroutines that borrow.
const SHARE: u64 = 4;

/// The trace of the program with this number on our runtime.
#[must_use]
pub fn ours(number: u64, program: &Program) -> String {
    match number % SHARE {
        0 => trace_watched(program),
        1 => trace_hosted(program),
        2 => trace_scoped(program).unwrap_or_else(|| trace(program)),
        _ => trace(program),
    }
}

/// Gives the program with a number: the number is a seed, or it counts the small programs.
pub type Source = std::sync::Arc<dyn Fn(u64) -> Program + Send + Sync>;

/// Compares the programs of these numbers, in one process for each processor, until this many `differences` are found.
/// `progress` is called now and then with the number of programs compared so far.
///
/// # Errors
///
/// Fails if Python does, or if a program does not end; the error names its number.
pub fn compare(
    python: &Reference,
    source: &Source,
    numbers: Range<u64>,
    differences: usize,
    progress: impl Fn(Figures),
) -> Result<(Figures, Vec<Difference>)> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = Work {
        next: AtomicU64::new(numbers.start),
        end: AtomicU64::new(numbers.end),
        running: (0..workers).map(|_| Mutex::default()).collect(),
        figures: Mutex::default(),
        differences: Mutex::default(),
    };
    // Not scoped threads: a worker that hangs must not prevent this function from reporting it.
    let work = std::sync::Arc::new(work);
    let threads: Vec<_> = (0..workers)
        .map(|worker| {
            let (work, python, source) = (std::sync::Arc::clone(&work), python.clone(), std::sync::Arc::clone(source));
            thread::spawn(move || work.run(worker, &python, &source, differences))
        })
        .collect();
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        thread::sleep(LOOK);
        progress(*lock(&work.figures));
        for running in &work.running {
            if let Some((number, looks)) = &mut *lock(running) {
                *looks += 1;
                ensure!(*looks <= MOST_LOOKS, "program {number} does not come to an end");
            }
        }
    }
    for thread in threads {
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    let (figures, mut found) = (*lock(&work.figures), std::mem::take(&mut *lock(&work.differences)));
    found.sort_by_key(|difference| difference.number);
    progress(figures);
    Ok((figures, found))
}

impl Work {
    fn run(&self, worker: usize, python: &Reference, source: &Source, differences: usize) -> Result<()> {
        let mut interpreter = Interpreter::start(python)?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.end.load(Ordering::Relaxed) {
                *lock(&self.running[worker]) = None;
                return Ok(());
            }
            let program = source(number);
            let both = |program: &Program, interpreter: &mut Interpreter| -> Result<Option<(String, String)>> {
                *lock(&self.running[worker]) = Some((number, 0));
                let theirs = interpreter.trace(program)?;
                Ok(theirs.map(|theirs| (theirs, ours(number, program))))
            };
            let Some((theirs, ours)) = both(&program, &mut interpreter)? else {
                println!("program {number}: CPython does not come to an end");
                lock(&self.figures).endless += 1;
                continue;
            };
            lock(&self.figures).add(&theirs);
            if theirs == ours {
                continue;
            }
            // What a loaded machine causes is not a difference, but is reported.
            let again = both(&program, &mut interpreter)?;
            if let Some((their_second, our_second)) = again
                && their_second == our_second
            {
                println!("program {number} differed only once:\n{}", side_by_side(&theirs, &ours));
                lock(&self.figures).unsteady += 1;
                ensure!(our_second == ours, "our trace of program {number} is not the same each time");
                continue;
            }
            println!("program {number} differs");
            lock(&self.figures).different += 1;
            let program = shrink(program, |candidate| {
                let both = both(candidate, &mut interpreter)?;
                anyhow::Ok(both.is_some_and(|(theirs, ours)| theirs != ours))
            })?;
            let (theirs, ours) = both(&program, &mut interpreter)?.context("it came to an end before")?;
            let mut found = lock(&self.differences);
            found.push(Difference { number, program, theirs, ours });
            if found.len() >= differences {
                self.end.store(0, Ordering::Relaxed);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use guide_tests::python::Python;

    use super::*;

    /// Compares one program with an interpreter that answers `first` the first time, and `then` afterwards.
    fn compared(first: &str, then: &str) -> (Figures, Vec<Difference>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python3");
        let quoted = |trace: &str| serde_json::to_string(trace).unwrap();
        let (first, then) = (quoted(first), quoted(then));
        // Not `echo`, which may read backslashes.
        let answer = |trace: &str| format!("read -r p && printf '%s\\n' '{trace}'");
        let (ready, first, then) = (answer("\"\""), answer(&first), answer(&then));
        let script = format!("#!/bin/sh\n{ready}\n{first}\nwhile {then}; do :; done\n");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        let python = Reference::Machine(Python { path, version: "3.15.2".to_owned() });
        compare(&python, &(std::sync::Arc::new(|_| program()) as Source), 3..4, 1, |_| ()).unwrap()
    }

    fn program() -> Program {
        Program { functions: vec![Vec::new()], ..Program::default() }
    }

    #[test]
    fn what_differs_only_once_is_no_difference_but_is_counted() {
        let right = ours(3, &program());
        let (figures, found) = compared("t1 else\n", &right);
        assert_eq!((figures.programs, figures.unsteady, figures.different, found.len()), (1, 1, 0, 0));
        let (figures, found) = compared(&right, &right);
        assert_eq!((figures.programs, figures.unsteady, figures.different, found.len()), (1, 0, 0, 0));
        let (figures, found) = compared("t1 else\n", "t1 else\n");
        assert_eq!((figures.programs, figures.unsteady, figures.different, found.len()), (1, 0, 1, 1));
        assert_eq!(found[0].ours, right);
    }
}
