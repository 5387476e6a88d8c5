//! Clients that mean harm do none: neither to the program nor to those who look later.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use crate::subjects::Subject;

/// The subject answers others, and goes on.
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

#[test]
fn no_client_without_an_answer_is_left_waiting() {
    let subject = Subject::start("crowd");
    let silent = UnixStream::connect(subject.socket()).unwrap();
    assert_eq!(answer(silent), "", "its time is up");
    check(subject);
}
