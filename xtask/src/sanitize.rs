//! `cargo xtask sanitize`: finds errors that tests cannot see by themselves.
//!
//! The unsafe parts under AddressSanitizer and LeakSanitizer, threads under ThreadSanitizer, what they share under a model
//! checker, and a long random program under a counting allocator. Each build has a folder of its own in `target/sanitize`. The
//! sanitizers come with the toolchain for some platforms only; where they are missing, a message says so and they are left out.
//! ARCHITECTURE explains what each of the four proves.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use console::style;

use crate::{cargo, finish};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The tools to run; by default, all
    #[arg(value_enum)]
    tools: Vec<Tool>,
    /// The number of hostile programs to run under each sanitizer
    #[arg(long, value_name = "N", default_value_t = 300)]
    programs: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tool {
    /// AddressSanitizer and LeakSanitizer, on the tests of the runtime and on random programs
    Address,
    /// ThreadSanitizer, on tasks that other threads wake
    Thread,
    /// The model checker loom, on the state that a loop shares with other threads
    Model,
    /// A million random steps under a counting allocator
    Leak,
}

const ALL: [Tool; 4] = [Tool::Address, Tool::Thread, Tool::Model, Tool::Leak];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    for tool in ALL {
        if arguments.tools.is_empty() || arguments.tools.contains(&tool) {
            one(tool, arguments.programs)?;
        }
    }
    Ok(())
}

fn one(tool: Tool, programs: u64) -> Result<()> {
    let begun = Instant::now();
    let name = match tool {
        Tool::Address => "address",
        Tool::Thread => "thread",
        Tool::Model => "model",
        Tool::Leak => "leak",
    };
    let done = match tool {
        Tool::Address => sanitized(name, "asan", programs, &[RUNTIME, LEAKS, HOSTILE])?,
        Tool::Thread => sanitized(name, "tsan", programs, &[THREADS, LEAKS, HOSTILE])?,
        Tool::Model => {
            let model = ["-p", "asyncio-runtime", "--lib", "remote::model"];
            // It runs the code several hundred thousand times.
            let command = &mut test(name);
            finish(command.args(model).env("RUSTFLAGS", "--cfg loom").env("CARGO_PROFILE_DEV_OPT_LEVEL", "2"))?;
            true
        }
        Tool::Leak => {
            finish(cargo(&["test"]).args(LEAKS).env("ASYNCIO_LEAK_STEPS", "1000000"))?;
            true
        }
    };
    let seconds = begun.elapsed().as_secs();
    if done {
        println!("{} {name}: nothing found, {seconds} s with the build", style("ok").green());
    }
    Ok(())
}

/// The runtime, the crates below it, and scoped tasks, whose steps poll one coroutine in the middle of another's.
const RUNTIME: &[&str] = &[
    "-p",
    "asyncio-runtime",
    "-p",
    "asyncio-scope",
    "-p",
    "asyncio-concurrent",
    "-p",
    "asyncio-contextvars",
    "-p",
    "asyncio-errors",
    "--lib",
    "--tests",
];

/// The random programs that are compared with CPython, and threads that hold wakers.
const LEAKS: &[&str] = &["-p", "conform", "--test", "leaks"];

/// Wakers in other threads. The thread pool is left out, because it waits with a `Condvar`, in which the sanitizer sees no
/// lock.
const THREADS: &[&str] = &["-p", "asyncio-runtime", "--test", "lifetimes"];

/// Random programs that act wherever the runtime calls user code.
const HOSTILE: &[&str] = &["-p", "conform", "--test", "hostile"];

fn test(folder: &str) -> Command {
    let mut command = cargo(&["test", "--target-dir"]);
    command.arg(format!("target/sanitize/{folder}"));
    command
}

/// Runs tests under a sanitizer; false if this toolchain has none.
fn sanitized(name: &str, library: &str, programs: u64, packages: &[&[&str]]) -> Result<bool> {
    let target = host()?;
    if !has_runtime(&target, library)? {
        println!("{} {name}: this toolchain brings no sanitizer of this kind for {target}", style("skipped").yellow());
        return Ok(false);
    }
    // These are unstable flags, which the stable compiler is told to accept. The standard library is compiled without them, and
    // the second flag allows that. The last one is for code that must help the sanitizer see its synchronisation.
    let flags = format!("-Zsanitizer={name} -Cunsafe-allow-abi-mismatch=sanitizer --cfg {library}");
    let suppressions =
        |file: &str| format!("suppressions={}", guide_tests::root().join("xtask/src").join(file).display());
    for package in packages {
        let mut command = test(name);
        // With a target, the flags are not for build scripts.
        command.args(*package).args(["--target", &target]);
        command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", &flags);
        // They leak handles on purpose, so the memory behind them is not a leak of ours.
        let leaks = if *package == HOSTILE { "0" } else { "1" };
        command.env("ASYNCIO_HOSTILE_PROGRAMS", programs.to_string());
        command.env("ASAN_OPTIONS", format!("detect_leaks={leaks}:detect_stack_use_after_return=1"));
        command.env("LSAN_OPTIONS", suppressions("lsan.txt")).env("TSAN_OPTIONS", suppressions("tsan.txt"));
        finish(&mut command)?;
    }
    Ok(true)
}

fn host() -> Result<String> {
    let version = rustc(&["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

fn has_runtime(target: &str, library: &str) -> Result<bool> {
    let folder = rustc(&["--print", "target-libdir", "--target", target])?;
    let mark = format!("_rt.{library}.");
    let mut files = std::fs::read_dir(folder.trim()).with_context(|| format!("no folder {folder}"))?;
    Ok(files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().contains(&mark))))
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().context("cannot run rustc")?;
    ensure!(output.status.success(), "rustc {} failed", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
