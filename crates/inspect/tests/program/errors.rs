//! A program that cannot be inspected is reported with the reason, and sockets left behind by a process do no harm.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::subjects::{Subject, look};

/// The complaint of `asyncio-ps`.
fn refused(folder: &Path, pid: u32) -> String {
    let output = look(folder, "asyncio-ps", pid, &[]);
    assert!(!output.status.success() && output.stdout.is_empty());
    let errors = String::from_utf8(output.stderr).unwrap();
    errors.strip_prefix("asyncio-ps: ").and_then(|errors| errors.strip_suffix('\n')).expect("one line").to_owned()
}

#[test]
fn a_process_that_does_not_exist_is_named() {
    let folder = TempDir::new().unwrap();
    let mut process = Command::new("true").spawn().unwrap();
    process.wait().unwrap();
    assert_eq!(refused(folder.path(), process.id()), format!("there is no process {}", process.id()));
    assert_eq!(refused(folder.path(), u32::MAX), format!("there is no process {}", u32::MAX));
    assert_eq!(refused(folder.path(), 0), "there is no process 0");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_of_another_kind_is_told_from_one_that_is_not_asked() {
    let folder = TempDir::new().unwrap();
    let mut other = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let id = other.id();
    // It has the name of our thread until it has begun: then it answers.
    other.stdin.as_mut().unwrap().write_all(b"?").unwrap();
    other.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let expected = format!("process {id} (cat) is not a program of asyncio for Rust with the feature `inspect`");
    assert_eq!(refused(folder.path(), id), expected);
    // A socket that an earlier process of the number has left is no socket of this one.
    let folder_of_sockets = folder.path().join("asyncio-inspect");
    fs::create_dir(&folder_of_sockets).unwrap();
    fs::set_permissions(&folder_of_sockets, Permissions::from_mode(0o700)).unwrap();
    let socket = folder_of_sockets.join(format!("{id}.sock"));
    drop(UnixListener::bind(&socket).unwrap());
    assert_eq!(refused(folder.path(), id), expected);
    assert!(!socket.exists(), "it is removed");
    drop(other.stdin.take());
    other.wait().unwrap();

    let subject = Subject::start_in("crowd", folder, &[], "ready");
    let complaint = refused(subject.folder.path(), subject.id());
    assert!(complaint.contains(" cannot be looked into: start it with ASYNCIO_INSPECT=1 "), "{complaint}");
    assert!(!subject.socket().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_of_another_user_is_named() {
    let folder = TempDir::new().unwrap();
    let own = rustix::process::getuid().as_raw();
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped());
    // Only root can start one. Others have the first process of the system for it.
    let mut other = (own == 0).then(|| command.uid(65534).spawn().unwrap());
    let (id, owner) = other.as_ref().map_or((1, 0), |other| (other.id(), 65534));
    assert_eq!(
        refused(folder.path(), id),
        format!("process {id} belongs to user {owner}, and you are user {own}: ask as that user")
    );
    if let Some(other) = &mut other {
        drop(other.stdin.take());
        other.wait().unwrap();
    }
}

#[test]
fn the_socket_is_private_and_is_there_as_long_as_a_loop_is() {
    let subject = Subject::start("crowd");
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let socket = subject.socket();
    assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    assert_eq!(fs::read_dir(socket.parent().unwrap()).unwrap().count(), 1);

    let folder = TempDir::new().unwrap();
    let subject = Subject::start_in("short", folder, &[("ASYNCIO_INSPECT", "1")], "over");
    assert!(!subject.socket().exists(), "the loop is closed");
    let complaint = refused(subject.folder.path(), subject.id());
    assert!(complaint.contains("it has no event loop at present"), "{complaint}");
    assert!(subject.end().0);
}

#[test]
fn what_a_killed_process_leaves_is_removed_by_the_next() {
    let mut first = Subject::start("crowd");
    let (id, socket) = (first.id(), first.socket());
    first.signal("-KILL");
    let folder = std::mem::replace(&mut first.folder, TempDir::new().unwrap());
    first.end();
    assert!(socket.exists());
    let second = Subject::start_in("crowd", folder, &[("ASYNCIO_INSPECT", "1")], "ready");
    assert!(!socket.exists() && second.socket().exists());
    assert_eq!(refused(second.folder.path(), id), format!("there is no process {id}"));
    second.snapshot();
}

#[test]
fn a_folder_that_others_can_write_to_is_refused_and_the_program_runs_on() {
    let variables = [("ASYNCIO_INSPECT", "1")];
    let begin = |prepare: &dyn Fn(&Path)| {
        let folder = TempDir::new().unwrap();
        let own = rustix::process::getuid().as_raw();
        prepare(&folder.path().join("asyncio-inspect"));
        prepare(&folder.path().join(format!("asyncio-inspect-{own}")));
        let subject = Subject::start_in("crowd", folder, &variables, "ready");
        let complaint = refused(subject.folder.path(), subject.id());
        (complaint, subject.kill().1)
    };
    let open = |path: &Path| {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    };
    let (complaint, warning) = begin(&open);
    for text in [complaint, warning] {
        assert!(text.contains(" has mode 0777: it must be 0700"), "{text}");
    }
    let (complaint, warning) = begin(&|path| symlink("/tmp", path).unwrap());
    for text in [complaint, warning] {
        assert!(text.contains(" is not a folder"), "{text}");
    }
}

#[test]
fn a_value_that_is_none_is_a_warning() {
    let folder = TempDir::new().unwrap();
    let subject = Subject::start_in("crowd", folder, &[("ASYNCIO_INSPECT", "yes")], "ready");
    let (_, errors) = subject.kill();
    assert!(errors.contains(r#"ASYNCIO_INSPECT is "yes": it must be "0" or "1""#), "{errors}");
}
