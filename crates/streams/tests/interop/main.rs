//! Streams against programs that nobody here wrote: CPython, curl, openssl, nginx, wrk. `cargo xtask interop` runs it.
//!
//! What the machine does not have is skipped and named. It relies on Unix, and installs nothing.

#[path = "../suite/certificates.rs"]
#[allow(dead_code, reason = "the suite needs more of it")]
mod certificates;
mod cpython;
mod http;
mod openssl;
mod talk;

use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Output, Stdio};

use asyncio_runtime::{Clock, Exception, Result, Runner};
use libtest_mimic::{Arguments, Failed, Trial};

use certificates::{Authority, Identity};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (tool, needed_for, of_tool) in [
        (cpython::find(), "python3 (3.11 or later)", cpython::trials as fn(PathBuf) -> Vec<Trial>),
        (find("openssl"), "openssl", openssl::trials),
        (find("curl"), "curl", http::curl),
        (find("nginx"), "nginx", http::nginx),
        (find("wrk"), "wrk", http::wrk),
    ] {
        match tool {
            Some(tool) => trials.extend(of_tool(tool)),
            None => println!("skipped: {needed_for} is not on this machine"),
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A program on the search path, or where administrators' programs are.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let administrators = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    std::env::split_paths(&path).chain(administrators).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn trial<F: Future<Output = Result<()>> + 'static>(name: String, test: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name.clone(), || {
        let _guard = asyncio_testing::begin(name);
        let main = test();
        Runner::new().clock(Clock::Real).run(main).map_err(|error| Failed::from(error.to_string()))
    })
}

/// A folder with a certificate for `localhost` in `c.pem` and `k.pem`, and its root in `ca.pem`.
struct Certificates {
    folder: tempfile::TempDir,
    authority: Authority,
    identity: Identity,
}

impl Certificates {
    fn new() -> Result<Self> {
        let (folder, authority) = (tempfile::tempdir()?, Authority::new());
        let identity = authority.sign(&["localhost", "127.0.0.1"]);
        for (name, pem) in
            [("ca.pem", &authority.certificate), ("c.pem", &identity.certificate), ("k.pem", &identity.key)]
        {
            std::fs::write(folder.path().join(name), pem)?;
        }
        Ok(Self { folder, authority, identity })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Runs a program to its end; it must succeed.
fn succeed(command: &mut Command) -> Result<String> {
    output_of(command, b"")
}

/// The same with an input.
fn output_of(command: &mut Command, input: &'static [u8]) -> Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("piped");
    // In a thread: the program may not read before it has written.
    let feeding = std::thread::spawn(move || drop(std::io::Write::write_all(&mut stdin, input)));
    let output = child.wait_with_output()?;
    let _ = feeding.join();
    text_of(command, &output)
}

fn text_of(command: &Command, output: &Output) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Exception::new(format!("{command:?} failed: {}\n{said}", output.status)).into())
}

/// Another program's server; killed when it is dropped.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Ok(Self { child, lines })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Closes its input and returns the rest of its output.
    fn finish(mut self) -> Result<String> {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest)?;
        self.child.wait()?;
        Ok(rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
