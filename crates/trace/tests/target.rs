//! Where a trace cannot be written, the program goes on as it would without one, with one warning.
//!
//! Each test runs this file's `program` as a process of its own, with `ASYNCIO_TRACE` in its environment.

#[macro_use]
extern crate asyncio_testing;

mod reader;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use asyncio_runtime::*;
use asyncio_trace as _;

use crate::reader::{Read, broken_off, complete};

/// The program that the other tests run as a process: it prints, and takes as many steps as `STEPS` says. If `DIES` is set, it
/// waits to be killed. Without `STEPS` it does nothing.
#[test]
fn program() {
    let Ok(steps) = std::env::var("STEPS") else { return };
    let steps: u32 = steps.parse().expect("a number");
    let dies = std::env::var_os("DIES").is_some();
    let runner = Runner::new().clock(Clock::Virtual);
    runner
        .run(async move {
            for _ in 0..steps / 5 {
                create_task(sleep(0)).await?;
            }
            let before = most_memory();
            for _ in steps / 5..steps {
                create_task(sleep(0)).await?;
            }
            println!("memory grew by {} KB", most_memory() - before);
            println!("all steps taken, with {} threads that write", writers());
            Ok(())
        })
        .unwrap();
    runner.close();
    assert_eq!(writers(), 0, "a thread is left");
    if dies {
        let event_loop = EventLoop::with_clock(Clock::Real);
        event_loop.call_soon(|| println!("waits")).unwrap();
        // A descriptor that never has input, so that the loop reports no deadlock.
        let _handle = event_loop.handle();
        event_loop.run_forever().unwrap();
    }
}

/// How many threads of this process write a trace.
fn writers() -> usize {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads.filter(|thread| fs::read(thread.path().join("comm")).is_ok_and(|name| name == b"asyncio-trace\n")).count()
}

/// The most memory that this process has had so far, in KB; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
    most.unwrap_or(0)
}

fn command(trace: &Path, steps: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program", "--nocapture", "--test-threads=1"]);
    command.env("ASYNCIO_TRACE", trace).env("STEPS", steps.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(trace: &Path, steps: u32) -> Output {
    command(trace, steps).output().unwrap()
}

/// It took all its steps, and warned once.
fn went_on(output: &Output, warning: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("all steps taken"), "{out}{err}");
    assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    assert!(err.contains(warning), "{err}");
}

#[test]
fn a_file_gets_the_trace_and_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace-%p.json");
    let output = run(&file, 500);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(written.len(), 1);
    assert!(!written[0].to_string_lossy().contains('%'));
    let read = complete(&fs::read_to_string(&written[0]).unwrap());
    assert_eq!(sleeps(&read), 500);
}

#[test]
#[cfg(target_os = "linux")]
fn a_short_trace_needs_no_thread_and_a_long_one_has_one() {
    let folder = tempfile::tempdir().unwrap();
    for (steps, threads) in [(10, 0), (5_000, 1)] {
        let output = run(&folder.path().join("trace.json"), steps);
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(out.contains(&format!("all steps taken, with {threads} threads that write")), "{out}");
    }
}

#[test]
fn without_a_name_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(Path::new(""), 10).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_full_disk_ends_the_trace_and_not_the_program() {
    went_on(&run(Path::new("/dev/full"), 10), "ends early: No space left on device");
    went_on(&run(Path::new("/dev/full"), 5_000), "ends early: No space left on device");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    went_on(&run(folder.path(), 10), "Is a directory");
    went_on(&run(&folder.path().join("none/trace.json"), 10), "No such file or directory");
}

#[test]
fn a_pipe_that_nobody_reads_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    went_on(&run(&pipe, 10), "cannot write");
}

#[test]
fn a_pipe_that_is_closed_or_full_ends_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    // Opened for both reading and writing, the pipe has a reader that never reads.
    let both = File::options().read(true).write(true).open(&pipe).unwrap();
    went_on(&run(&pipe, 5_000), "nobody reads it");
    drop(both);
    // A reader that reads a little and closes the pipe.
    let pipe = folder.path().join("another");
    make_pipe(&pipe);
    let both = File::options().read(true).write(true).open(&pipe).unwrap();
    let child = command(&pipe, 5_000).spawn().unwrap();
    let mut reader = File::open(&pipe).unwrap();
    reader.read_exact(&mut [0; 100]).unwrap();
    drop((both, reader));
    went_on(&child.wait_with_output().unwrap(), "Broken pipe");
}

#[test]
fn a_pipe_is_given_all_events() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let both = File::options().read(true).write(true).open(&pipe).unwrap();
    let child = command(&pipe, 200).spawn().unwrap();
    let mut text = String::new();
    let mut reader = File::open(&pipe).unwrap();
    let begun = std::thread::spawn(move || {
        reader.read_to_string(&mut text).unwrap();
        text
    });
    let output = child.wait_with_output().unwrap();
    drop(both);
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(sleeps(&broken_off(&begun.join().unwrap())), 200);
}

/// The loop waits for the file. If it kept its records instead, memory would grow by 1.5 MB.
#[test]
#[cfg(target_os = "linux")]
fn a_reader_that_is_slower_than_the_loop_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let both = File::options().read(true).write(true).open(&pipe).unwrap();
    let child = command(&pipe, 10_000).spawn().unwrap();
    let mut reader = File::open(&pipe).unwrap();
    let read = std::thread::spawn(move || {
        // A few bytes at a time take much longer to read than to write.
        let (mut bytes, mut length) = ([0; 16], 0);
        loop {
            match reader.read(&mut bytes).unwrap() {
                0 => return length,
                count => length += count,
            }
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(both);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && err.is_empty(), "{out}{err}");
    // The harness of the tests has begun the line.
    let grown = out.split_once("memory grew by ").and_then(|(_, rest)| rest.split_once(" KB"));
    let grown: u64 = grown.unwrap().0.parse().unwrap();
    let length = read.join().unwrap();
    assert!(length > 5_000_000, "{length} bytes were read");
    assert!(grown < 512, "memory grew by {grown} KB");
}

#[test]
fn two_processes_do_not_write_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let mut first = command(&file, 10).env("DIES", "").spawn().unwrap();
    wait_until_it_waits(&mut first);
    went_on(&run(&file, 10), "another process or loop writes its trace there");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_trace_can_be_read_after_its_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let mut child = command(&file, 100).env("DIES", "").spawn().unwrap();
    wait_until_it_waits(&mut child);
    // The loop hands over its records just before it waits, a moment after it has printed.
    let idle = |text: &str| broken_off(text).named("idle").count() == 1;
    while !idle(&fs::read_to_string(&file).unwrap()) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let read = broken_off(&fs::read_to_string(&file).unwrap());
    assert_eq!(read.named("process_name").count(), 2);
    assert_eq!(sleeps(&read), 100);
}

fn wait_until_it_waits(child: &mut Child) {
    let mut out = child.stdout.take().unwrap();
    let mut text = String::new();
    while !text.contains("waits") {
        let mut bytes = [0; 256];
        let count = out.read(&mut bytes).unwrap();
        assert_ne!(count, 0, "it has ended: {text}");
        text += &String::from_utf8_lossy(&bytes[..count]);
    }
}

/// The tasks of `program`.
fn sleeps(read: &Read) -> usize {
    read.named("created").filter(|(_, event)| event["args"]["coroutine"] == "sleep").count()
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
