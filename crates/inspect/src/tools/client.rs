//! The client of a process's socket, with the error messages for a process that has none.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, getuid, test_kill_process};

use crate::folder;
use crate::snapshot::{Snapshot, VERSION};

/// The server takes a second for a loop that is stuck.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How often to ask.
const TRIES: u32 = 4;

/// Nothing longer than this is a snapshot.
const LONGEST: u64 = 1 << 30;

/// Asks a process for a snapshot.
///
/// # Errors
///
/// A text with the reason.
pub fn snapshot(pid: u32) -> Result<Snapshot, String> {
    let mut answer = ask(pid, "json");
    for _ in 1..TRIES {
        // Other clients may have displaced this one.
        if matches!(answer, Err((true, _))) {
            answer = ask(pid, "json");
        }
    }
    let json = answer.map_err(|(_, error)| error)?;
    let snapshot = Snapshot::from_json(&json).map_err(|error| match json.strip_prefix("error: ") {
        Some(error) => format!("process {pid} answers: {}", error.trim_end()),
        None => format!("the answer of process {pid} cannot be read: {error}"),
    })?;
    match snapshot.version {
        VERSION => Ok(snapshot),
        other => Err(format!("process {pid} speaks version {other}, and these tools version {VERSION}")),
    }
}

/// Sends a request, and returns the answer. An error says whether another attempt makes sense.
fn ask(pid: u32, request: &str) -> Result<String, (bool, String)> {
    let mut stream = connect(pid).map_err(|error| (false, error))?;
    let mut talk = || {
        stream.set_read_timeout(Some(TIME_LIMIT))?;
        stream.set_write_timeout(Some(TIME_LIMIT))?;
        writeln!(stream, "{request}")?;
        let mut answer = String::new();
        (&stream).take(LONGEST).read_to_string(&mut answer).map(|_| answer)
    };
    match talk() {
        Ok(answer) if answer.ends_with('\n') => Ok(answer),
        Ok(_) => Err((true, format!("process {pid} has closed the connection before the end of its answer"))),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Err((false, format!("process {pid} does not answer; it may be stopped")))
        }
        Err(error) => Err((true, format!("process {pid}: {error}"))),
    }
}

fn connect(pid: u32) -> Result<UnixStream, String> {
    let exists = exists(pid);
    let mut problem = None;
    for folder in folder::candidates() {
        let socket = folder::socket_of(&folder, pid);
        match folder::check(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                problem = Some(error.to_string());
                continue;
            }
            Ok(()) => {}
        }
        match connect_to(&socket) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                // Left behind by a process that was killed.
                let _ = fs::remove_file(socket);
            }
            Err(error) => problem = Some(format!("{}: {error}", socket.display())),
        }
    }
    exists?;
    Err(problem.unwrap_or_else(|| why_not(pid)))
}

/// A process that many clients ask makes further clients wait.
fn connect_to(socket: &Path) -> io::Result<UnixStream> {
    let begin = Instant::now();
    loop {
        match folder::connect(socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock && begin.elapsed() < TIME_LIMIT => {
                thread::sleep(Duration::from_millis(10));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(io::Error::new(
                    ErrorKind::TimedOut,
                    "it accepts no connection; the process may be stopped",
                ));
            }
            connected => return connected.and_then(|stream| stream.set_nonblocking(false).map(|()| stream)),
        }
    }
}

/// Is there such a process, and is it this user's?
fn exists(pid: u32) -> Result<(), String> {
    let none = || format!("there is no process {pid}");
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(none)?;
    let owner = fs::metadata(format!("/proc/{pid}")).ok().map(|metadata| metadata.uid());
    let own = getuid().as_raw();
    match (test_kill_process(number), owner) {
        (Err(Errno::SRCH), _) => Err(none()),
        (Err(Errno::PERM), None) => Err(format!("process {pid} belongs to another user")),
        (_, Some(owner)) if owner != own => {
            Err(format!("process {pid} belongs to user {owner}, and you are user {own}: ask as that user"))
        }
        _ => Ok(()),
    }
}

/// The reason why a process of this user has no socket.
fn why_not(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let process = match name.trim_end() {
        "" => format!("process {pid}"),
        name => format!("process {pid} ({name})"),
    };
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let is_asked = environment.split(|byte| *byte == 0).any(|variable| variable == b"ASYNCIO_INSPECT=1");
    let folders: Vec<String> = folder::candidates().iter().map(|folder| folder.display().to_string()).collect();
    let folders = folders.join(" and ");
    match has_inspector(pid) {
        Ok(false) => format!("{process} is not a program of asyncio for Rust with the feature `inspect`"),
        _ if is_asked => format!(
            "{process} runs with ASYNCIO_INSPECT=1, but has no socket in {folders}: it has no event loop at present, or another \
             XDG_RUNTIME_DIR or TMPDIR"
        ),
        Ok(true) => {
            format!("{process} cannot be looked into: start it with ASYNCIO_INSPECT=1 (no socket in {folders})")
        }
        Err(_) => format!(
            "{process} has no socket in {folders}: it must be a program of asyncio for Rust that runs with ASYNCIO_INSPECT=1"
        ),
    }
}

/// Does the program's file contain the name of the environment variable? An error if that cannot be found out.
fn has_inspector(pid: u32) -> io::Result<bool> {
    let variable = crate::VARIABLE.as_bytes();
    let mut program = File::open(format!("/proc/{pid}/exe"))?;
    let (mut buffer, mut kept) = (vec![0; 1 << 20], 0);
    loop {
        let count = program.read(&mut buffer[kept..])?;
        let filled = kept + count;
        if buffer[..filled].windows(variable.len()).any(|bytes| bytes == variable) {
            return Ok(true);
        }
        if count == 0 {
            return Ok(false);
        }
        // The name may begin in one piece and end in the next.
        kept = filled.min(variable.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}
