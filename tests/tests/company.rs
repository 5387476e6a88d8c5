//! Programs that talk to others, when the others do not behave.

#[macro_use]
extern crate asyncio_testing;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;

use guide_tests::company::{Company, company, serve};
use guide_tests::examples::{Example, examples};
use guide_tests::program::{Clock, End, LIMIT, Output, Programs, Running, build};
use guide_tests::sites::{Manner, Protocol, Sites};
use guide_tests::{read, root};

static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| {
    let is_tested = |example: &Example| ["20-streams", "21-website-status"].contains(&example.section());
    let tested: Vec<_> = examples(root()).unwrap().into_iter().filter(is_tested).collect();
    build(&tested, &["--quiet"]).unwrap()
});

/// Sites that answer and sites that do not, each with words, one of which must be in its line.
struct World {
    sites: Sites,
    good: Vec<(String, &'static str)>,
    bad: Vec<(String, Vec<&'static str>)>,
}

impl World {
    fn new() -> Self {
        let mut sites = Sites::new().unwrap();
        let mut open = |protocol, manner| sites.open(protocol, manner).unwrap();
        let answers = |status: &str| Manner::Answers(status.into());

        let plain = open(Protocol::Http, answers("HTTP/1.1 200 OK"));
        let port = plain.trim_start_matches("http://").to_owned();
        let good = vec![
            (plain, "HTTP/1.1 200 OK"),
            (open(Protocol::Https, answers("HTTP/1.1 302 Found")), "HTTP/1.1 302 Found"),
            (open(Protocol::Http, answers("HTTP/1.1 404 Not Found")), "HTTP/1.1 404 Not Found"),
        ];
        let hung_up = || vec!["closed without an answer", "Connection reset by peer", "Connection lost", "Broken pipe"];
        let hung_up_in_handshake =
            || [hung_up(), vec!["the peer closed the connection during the SSL handshake"]].concat();
        let bad = vec![
            (open(Protocol::Http, Manner::IsSilent), vec!["no answer within 2 seconds"]),
            (open(Protocol::Https, Manner::IsSilent), vec!["no answer within 2 seconds"]),
            (open(Protocol::Http, Manner::HangsUp), hung_up()),
            (open(Protocol::Https, Manner::HangsUp), hung_up_in_handshake()),
            ("http://127.0.0.1:1/".to_owned(), vec!["[Errno 111] Connect call failed ('127.0.0.1', 1)"]),
            (open(Protocol::Untrusted, answers("HTTP/1.1 200 OK")), vec!["unable to get local issuer certificate"]),
            (open(Protocol::Misnamed, answers("HTTP/1.1 200 OK")), vec!["IP address mismatch"]),
            (format!("https://{port}"), [hung_up_in_handshake(), vec!["wrong version number"]].concat()),
            (open(Protocol::Http, Manner::Sends(b"\xff\r\n".to_vec())), vec!["invalid utf-8"]),
            (
                open(Protocol::Http, Manner::Sends(vec![b'a'; 100_000])),
                vec!["chunk is longer than limit", "chunk exceed the limit"],
            ),
            ("no URL".to_owned(), vec!["relative URL without a base"]),
            ("http://127.0.0.1:70000/".to_owned(), vec!["invalid port number"]),
        ];
        Self { sites, good, bad }
    }

    fn urls(&self) -> Vec<&String> {
        self.good.iter().map(|(url, _)| url).chain(self.bad.iter().map(|(url, _)| url)).collect()
    }

    /// The output of a program that queries all of them. The bad ones come first and last.
    fn asked_by(&self, program: &str) -> Output {
        let mut command = PROGRAMS.command(program, Clock::Real).unwrap();
        let urls = self.urls();
        command.args(["--timeout", "2"]).args(urls.iter().rev()).env("SSL_CERT_FILE", self.sites.roots());
        let output = Running::start(command).unwrap().end(LIMIT).unwrap();
        assert_eq!((output.end, output.stderr.as_str()), (End::Exited(0), ""), "{output}");
        output
    }
}

#[track_caller]
fn assert_has_one_of(line: &str, words: &[&str]) {
    assert!(words.iter().any(|words| line.contains(words)), "{line:?} does not have one of {words:?}");
}

// Shows: ssl_true_verifies, get_status_with_error_handling
#[test]
fn a_site_that_fails_is_one_line_and_the_others_are_unharmed() {
    let world = World::new();
    for program in ["http_status_sequential", "http_status_concurrent"] {
        let output = world.asked_by(program);
        let mut lines = output.stdout.lines().rev();
        for (url, status) in &world.good {
            assert_eq!(lines.next(), Some(format!("{url:30}:\t{status}").as_str()), "{output}");
        }
        for (url, words) in &world.bad {
            let line = lines.next().unwrap();
            assert!(line.starts_with(&format!("{url:30}:\t")), "{line:?} is not about {url}");
            assert_has_one_of(line, words);
        }
        assert_eq!(lines.next(), None);
    }
}

#[test]
fn what_went_wrong_is_told_once_and_the_table_is_whole() {
    let world = World::new();
    let output = world.asked_by("zh_http_status_with_errors");
    let table: Vec<&str> = output.stdout.lines().filter(|line| line.contains(":\t")).rev().collect();
    let good = world.good.iter().map(|(url, status)| format!("{url:30}:\t{status}"));
    let bad = world.bad.iter().map(|(url, _)| format!("{url:30}:\tError"));
    assert_eq!(table, good.chain(bad).collect::<Vec<_>>(), "{output}");
    assert_eq!(output.stdout.lines().count(), table.len() + world.bad.len(), "{output}");
    for (url, words) in &world.bad {
        let begin = format!("Error fetching {url}: ");
        let told: Vec<&str> = output.stdout.lines().filter_map(|line| line.strip_prefix(&begin)).collect();
        assert_eq!(told.len(), 1, "{output}");
        assert_has_one_of(told[0], words);
    }
}

#[test]
fn the_sites_of_a_guide_are_what_its_program_asks() {
    let company = company().unwrap();
    for example in examples(root()).unwrap().iter().filter(|example| example.section() == "21-website-status") {
        let Some(Company::Sites(sites)) = company.get(&example.name) else { continue };
        let source = read(root().join("examples").join(&example.path)).unwrap();
        for (site, _) in sites {
            assert!(source.contains(&format!("\"{site}\",")), "{} does not ask {site}", example.name);
        }
    }
}

#[test]
fn who_does_not_read_is_put_out_of_the_chat() {
    let mut command = PROGRAMS.command("chat_server", Clock::Real).unwrap();
    command.arg("127.0.0.1:0");
    let (_server, address) = serve(command).unwrap();
    let mut ada = TcpStream::connect(&address).unwrap();
    let mut heard = BufReader::new(ada.try_clone().unwrap()).lines().map(Result::unwrap);
    ada.write_all(b"Ada\n").unwrap();
    assert_eq!(heard.next().unwrap(), "Welcome! Here are: Ada");
    let mut mute = TcpStream::connect(&address).unwrap();
    mute.write_all(b"Mute\n").unwrap();
    assert_eq!(heard.next().unwrap(), "* Mute comes");

    // More than the system keeps for a client that does not read, which is some megabytes.
    let line = format!("{}\n", "x".repeat(1_000));
    let talking = std::thread::spawn(move || (0..40_000).all(|_| ada.write_all(line.as_bytes()).is_ok()));
    assert_eq!(heard.next().unwrap(), "* Mute goes");
    assert!(talking.join().unwrap());
}

/// A server, and a way to talk to it.
fn started(name: &str) -> (Running, String) {
    let mut command = PROGRAMS.command(name, Clock::Real).unwrap();
    command.arg("127.0.0.1:0");
    serve(command).unwrap()
}

fn lines(stream: &TcpStream) -> impl Iterator<Item = String> + use<> {
    BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap)
}

#[test]
fn a_chat_shows_what_somebody_would_hide() {
    let (server, address) = started("chat_server");
    let mut ada = TcpStream::connect(&address).unwrap();
    let mut heard = lines(&ada);
    ada.write_all("Ad\u{e1}\n".as_bytes()).unwrap();
    assert_eq!(heard.next().unwrap(), "Welcome! Here are: Ad\u{e1}");
    let long = "x".repeat(21);
    for name in [
        "",
        "* Bob goes",
        "Bob\x1b[2J",
        "Bob\0",
        "B\u{200b}ob",
        "\u{202e}boB",
        "\u{3164}",
        "_",
        &long,
        "a b",
        "\u{fffd}",
    ] {
        let mut bob = TcpStream::connect(&address).unwrap();
        bob.write_all(format!("{name}\n").as_bytes()).unwrap();
        assert_eq!(lines(&bob).next().unwrap(), "This name will not do.", "{name:?}");
    }
    let mut bob = TcpStream::connect(&address).unwrap();
    bob.write_all(b"Bob\nhello\x1b[2J\0 \xff\xe2\x80\xae \"there\"\n").unwrap();
    assert_eq!(heard.next().unwrap(), "* Bob comes");
    let said = "Bob: hello\\u{1b}[2J\\u{0} \u{fffd}\\u{202e} \"there\"";
    assert_eq!(heard.next().unwrap(), said);
    // A line has a limit, and a client that exceeds it is disconnected without a report on standard error.
    bob.write_all("x".repeat(5_000).as_bytes()).unwrap();
    assert_eq!(heard.next().unwrap(), "* Bob goes");
    assert!(server.stdout().unwrap().contains(said));
    assert_eq!(server.stderr().unwrap(), "");
}

#[test]
fn members_who_reset_are_no_news() {
    let (server, address) = started("chat_server");
    let mut ada = TcpStream::connect(&address).unwrap();
    let mut heard = lines(&ada);
    ada.write_all(b"Ada\n").unwrap();
    heard.next().unwrap();
    let members: Vec<_> = (0..200)
        .map(|n| {
            let mut member = TcpStream::connect(&address).unwrap();
            member.write_all(format!("m{n}\n").as_bytes()).unwrap();
            assert_eq!(heard.next().unwrap(), format!("* m{n} comes"));
            member
        })
        .collect();
    // They have not read what was sent to them, so their end is a reset.
    drop(members);
    let mut gone: Vec<_> = (0..200).map(|_| heard.next().unwrap()).collect();
    gone.sort_unstable();
    gone.dedup();
    assert_eq!(gone.len(), 200);
    assert!(gone.iter().all(|line| line.ends_with(" goes")));
    assert_eq!(server.stderr().unwrap(), "");
}

/// Sends a head and then chunks of a body until there is an answer. Returns the first line of the answer and the number of
/// bytes sent.
fn flood(address: &str) -> (String, usize) {
    let mut client = TcpStream::connect(address).unwrap();
    let mut answer = lines(&client);
    client.write_all(b"POST /upper HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    let sent = (0..64).take_while(|_| client.write_all(&chunk).is_ok()).count() * 0x10000;
    (answer.next().unwrap(), sent)
}

#[test]
fn a_body_without_an_end_is_refused() {
    let (server, address) = started("http_server");
    for _ in 0..3 {
        assert_eq!(flood(&address), ("HTTP/1.1 413 Payload Too Large".to_owned(), 64 * 0x10000));
    }
    assert_eq!(server.stderr().unwrap(), "");
}
