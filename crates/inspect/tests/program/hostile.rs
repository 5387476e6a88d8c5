//! Malicious clients harm neither the program nor later clients.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::subjects::{Subject, look};

/// The subject still answers other clients, and keeps running.
fn check(subject: Subject) {
    let snapshot = subject.snapshot();
    assert_eq!(snapshot.loops[0].tasks.len(), 5001);
    assert!(snapshot.loops[0].answered_after.is_some());
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", subject.id())).map_or(0, Iterator::count);
    assert!(descriptors < 64, "{descriptors} descriptors are open");
    let mut subject = subject;
    subject.signal("-TERM");
    subject.wait_until("over");
    let (ended, errors) = subject.end();
    assert!(ended && errors.is_empty(), "{errors}");
}

/// What the subject answers.
fn answer(mut stream: UnixStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(answer).expect("text"),
    }
}

const REFUSED: &str = "error: a request is the line `json` or `text`\n";

#[test]
fn garbage_and_giant_requests_are_refused() {
    let subject = Subject::start("crowd");
    let requests: [&[u8]; 6] =
        [b"\n", b"JSON\n", b"\0\xff\xfe\n", &[b'x'; 100], b"GET / HTTP/1.1\r\n\r\n", b"json json\n"];
    for request in requests {
        let mut stream = UnixStream::connect(subject.socket()).unwrap();
        stream.write_all(request).unwrap();
        assert_eq!(answer(stream), REFUSED, "{request:?}");
    }
    // It is refused long before it is all there.
    let mut stream = UnixStream::connect(subject.socket()).unwrap();
    let sent = stream.write_all(&vec![b'x'; 64 << 20]);
    assert!(matches!(sent.unwrap_err().kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset));
    // In pieces, and with more behind it, it is a request.
    let mut stream = UnixStream::connect(subject.socket()).unwrap();
    for piece in [&b"te"[..], b"xt", b"\nmore"] {
        stream.write_all(piece).unwrap();
    }
    assert!(answer(stream).starts_with("process "));
    check(subject);
}

#[test]
fn clients_that_do_not_ask_or_do_not_read_keep_no_one_out() {
    let subject = Subject::start("crowd");
    let mut kept = Vec::new();
    for number in 0..200 {
        let mut stream = UnixStream::connect(subject.socket()).unwrap();
        if number % 2 == 0 {
            stream.write_all(b"json\n").unwrap();
        }
        kept.push(stream);
    }
    check(subject);
    drop(kept);
}

#[test]
fn thousands_of_connections_are_answered_or_closed() {
    let subject = Subject::start("crowd");
    for round in 0..5000 {
        let mut stream = UnixStream::connect(subject.socket()).unwrap();
        // The subject may have closed it in favour of a later one.
        let _ = stream.write_all(if round % 2 == 0 { b"json\n" } else { b"te" });
    }
    check(subject);
}

/// The answer is longer than what the system keeps of it, so the rest is written to a connection that is closed.
#[test]
fn clients_that_go_in_the_middle_of_their_answer_end_no_program() {
    let subject = Subject::start("crowd that a closed pipe ends");
    for _ in 0..5 {
        let mut stream = UnixStream::connect(subject.socket()).unwrap();
        stream.write_all(b"json\n").unwrap();
        let mut begin = [0; 64];
        stream.read_exact(&mut begin).unwrap();
        assert!(begin.starts_with(b"{\"version\":1,"), "{}", String::from_utf8_lossy(&begin));
    }
    check(subject);
}

#[test]
fn no_client_without_an_answer_is_left_waiting() {
    let subject = Subject::start("crowd");
    let silent = UnixStream::connect(subject.socket()).unwrap();
    assert_eq!(answer(silent), "", "its time is up");
    check(subject);
}

/// Connections that the process does not accept, as many as it can have.
fn fill(path: &std::path::Path) -> Vec<OwnedFd> {
    let address = SocketAddrUnix::new(path).unwrap();
    let mut kept = Vec::new();
    loop {
        let stream = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        fcntl_setfd(&stream, FdFlags::CLOEXEC).unwrap();
        ioctl_fionbio(&stream, true).unwrap();
        match connect(&stream, &address) {
            Ok(()) => kept.push(stream),
            Err(error) => {
                assert_eq!(error, rustix::io::Errno::AGAIN, "the limit is that of the process: ulimit -n");
                return kept;
            }
        }
    }
}

/// A program that starts looks for sockets that were left behind, and must not wait for a process that is stopped.
#[test]
#[cfg(target_os = "linux")]
fn a_stopped_process_keeps_no_other_one_from_starting_or_from_looking() {
    crate::healthy::possible(5000);
    let mut first = Subject::start("crowd");
    first.signal("-STOP");
    let kept = fill(&first.socket());
    let folder = std::mem::replace(&mut first.folder, tempfile::TempDir::new().unwrap());
    let second = Subject::start_in("crowd", folder, &[("ASYNCIO_INSPECT", "1")], "ready");
    assert_eq!(second.snapshot().loops[0].tasks.len(), 5001);
    let output = look(second.folder.path(), "asyncio-ps", first.id(), &[]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.ends_with("it accepts no connection; the process may be stopped\n"), "{errors}");
    assert!(!output.status.success());
    drop(kept);
    first.signal("-CONT");
    let output = look(second.folder.path(), "asyncio-ps", first.id(), &["--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(second);
}

#[test]
fn a_program_that_is_asked_while_it_ends_ends() {
    let subject = Subject::start("closing");
    for _ in 0..20 {
        subject.signal("-QUIT");
        // There is an answer, possibly without a loop, or a reason why there is none.
        let output = look(subject.folder.path(), "asyncio-pstree", subject.id(), &[]);
        assert_eq!(output.status.success(), output.stderr.is_empty());
    }
    let (ended, errors) = subject.end();
    assert!(ended, "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
}

/// The child inherits the variable, and has a socket of its own.
#[test]
fn a_child_leaves_the_socket_of_its_parent_alone() {
    let subject = Subject::start("parent");
    let sockets = std::fs::read_dir(subject.socket().parent().unwrap()).unwrap();
    let sockets: Vec<_> = sockets.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(sockets, [subject.socket()]);
    assert_eq!(subject.snapshot().loops.len(), 1);
    assert!(subject.end().0);
}

/// A terminal: its near end, and the other one, which a program has.
fn terminal() -> (File, File) {
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    fcntl_setfd(&near, FdFlags::CLOEXEC).unwrap();
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let name = ptsname(&near, Vec::new()).unwrap();
    let far = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (near.into(), far)
}

#[test]
fn a_terminal_may_be_resized_and_closed_under_a_view() {
    let subject = Subject::start("kitchen");
    let (mut near, far) = terminal();
    let size = |ws_row, ws_col| tcsetwinsize(&far, Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    size(8, 30);
    let mut view = Command::new(env!("CARGO_BIN_EXE_asyncio-pstree"))
        .args([&subject.id().to_string(), "--watch=0.1"])
        .env("XDG_RUNTIME_DIR", subject.folder.path())
        .stdout(far.try_clone().unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A screen ends by erasing what is below it.
    let mut screen = || {
        let (mut shown, mut byte) = (Vec::new(), [0]);
        while !shown.ends_with(b"\x1b[0J") {
            near.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
        }
        let text = String::from_utf8(shown).unwrap();
        let codes = ["\r", "\x1b[1;1H", "\x1b[2K", "\x1b[0J"];
        let text = codes.iter().fold(text, |text, code| text.replace(code, ""));
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let fits = |lines: &[String], rows, columns| {
        lines.len() <= rows && lines.iter().all(|line| line.chars().count() <= columns)
    };
    let shown = screen();
    assert!(fits(&shown, 8, 30) && shown.iter().any(|line| line.contains("lines more")), "{shown:?}");
    for (rows, columns) in [(4, 12), (1, 1), (200, 500), (0, 0), (65535, 65535), (24, 80)] {
        size(rows, columns);
        // One of the first may have been made before.
        let [_, _, last] = [screen(), screen(), screen()];
        assert!(last.iter().any(|line| line.starts_with("asyncio")), "{last:?}");
        if (rows, columns) == (4, 12) {
            assert!(fits(&last, 4, 12), "{last:?}");
        }
    }
    drop((near, far));
    let mut errors = String::new();
    view.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(!view.wait().unwrap().success());
    assert!(errors.starts_with("asyncio-pstree: standard output: "), "{errors}");
    assert_eq!(subject.snapshot().loops.len(), 1);
}
