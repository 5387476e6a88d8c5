//! The crawler, `areq`, among servers that answer well, badly, or not at all.

#[macro_use]
extern crate asyncio_testing;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use guide_tests::company::page;
use guide_tests::examples::examples;
use guide_tests::program::{Clock, End, LIMIT, Output, Programs, Running, build};
use guide_tests::root;
use guide_tests::sites::{Manner, Protocol, Sites, read_request};

static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| {
    let mut examples = examples(root()).unwrap();
    examples.retain(|example| example.name == "areq");
    build(&examples, &["--quiet"]).unwrap()
});

/// What `areq` printed, and the file that it wrote.
struct Crawl {
    output: Output,
    found: Vec<String>,
}

impl Crawl {
    /// Runs it with these options and URLs.
    fn run(options: &[&str], urls: &[String], sites: Option<&Sites>) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut command = PROGRAMS.command("areq", Clock::Real).unwrap();
        command.arg("--output").arg(file.path()).args(options).args(urls);
        if let Some(sites) = sites {
            command.env("SSL_CERT_FILE", sites.roots());
        }
        let output = Running::start(command).unwrap().end(LIMIT).unwrap();
        assert!(matches!(output.end, End::Exited(_)), "{output}");
        let found = fs::read_to_string(file.path()).unwrap();
        assert!(found.starts_with("source_url\tparsed_url\n"), "{found}");
        Self { output, found: found.lines().skip(1).map(str::to_owned).collect() }
    }

    /// The log without its times, in alphabetical order.
    fn log(&self) -> Vec<&str> {
        let mut lines: Vec<_> = self.output.stderr.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        lines.sort_unstable();
        lines
    }

    fn found(&self) -> BTreeSet<&str> {
        self.found.iter().map(String::as_str).collect()
    }
}

fn sends(head: &str, body: &[u8]) -> Manner {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    Manner::Sends([head.as_bytes(), body].concat())
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

// Shows: crawler_expects_trouble, session_timeouts
#[test]
fn whatever_is_wrong_with_a_page_is_one_line() {
    let mut sites = Sites::new().unwrap();
    let good = sites.open(Protocol::Https, Manner::Sends(page(["/about"]))).unwrap();
    let mut wrong = Vec::new();
    let mut is_wrong =
        |protocol, manner, why: &str| wrong.push((sites.open(protocol, manner).unwrap(), why.to_owned()));
    let (http, status) = (Protocol::Http, |line: &str| Manner::Answers(format!("HTTP/1.1 {line}")));
    is_wrong(http, status("404 Not Found"), " [404]: Not Found");
    is_wrong(http, status("503 Anything"), " [503]: Service Unavailable");
    is_wrong(http, Manner::Answers("SSH-2.0-OpenSSH".into()), ": invalid HTTP version parsed");
    is_wrong(http, Manner::IsSilent, ": no answer in time");
    is_wrong(http, Manner::HangsUp, ": operation was canceled|: connection closed before|: connection error");
    is_wrong(http, Manner::NeverEnds("HTTP/1.1 200 OK\r\n", "More: of it\r\n"), ": message head is too large");
    is_wrong(http, Manner::NeverEnds("HTTP/1.1 200 OK\r\n\r\n", "more of it\n"), ": the body has more than 8 MiB");
    is_wrong(
        http,
        sends("200 OK\r\nContent-Encoding: gzip", &packed(&vec![0; 9 << 20])),
        ": the body has more than 8 MiB",
    );
    is_wrong(http, sends("200 OK\r\nContent-Encoding: gzip", b"not packed"), ": invalid gzip header");
    is_wrong(http, sends("200 OK\r\nContent-Encoding: br", b"?"), ": the body is packed by \"br\"");
    is_wrong(
        http,
        sends("200 OK\r\nContent-Type: image/png", b"\x89PNG"),
        ": the body (image/png) is no text in UTF-8",
    );
    is_wrong(http, sends("302 Found\r\nLocation: /", b""), ": more than 10 redirects");
    is_wrong(http, sends("302 Found\r\nLocation: mailto:a@b", b""), ": it is neither http nor https");
    is_wrong(Protocol::Untrusted, status("200 OK"), ": [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ");
    is_wrong(Protocol::Misnamed, status("200 OK"), ": [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ");
    for (url, why) in [
        ("nonsense", "relative URL without a base"),
        ("http://127.0.0.1:70000/", "invalid port number"),
        ("http://nowhere.invalid/", "cannot resolve 'nowhere.invalid'"),
        ("http://127.0.0.1:1/", "[Errno "),
    ] {
        wrong.push((url.to_owned(), format!(": {why}")));
    }

    let urls: Vec<_> = wrong.iter().map(|(url, _)| url.clone()).chain([good.clone()]).collect();
    let crawl = Crawl::run(&["--timeout", "6"], &urls, Some(&sites));
    let log = crawl.log();
    let about = |url: &str| -> Vec<_> { log.iter().filter(|line| line.contains(url)).collect() };
    for (url, whys) in &wrong {
        let errors: Vec<_> = about(url).into_iter().filter(|line| line.starts_with("ERROR:")).collect();
        let is_expected =
            |line: &str| whys.split('|').any(|why| line.starts_with(&format!("ERROR:areq: exception for {url}{why}")));
        assert!(errors.len() == 1 && is_expected(errors[0]), "{whys:?} is not all of {errors:?}");
    }
    assert_eq!(about("ERROR:").len(), wrong.len());
    assert_eq!(about(&good).len(), 3, "got, found, wrote: {log:?}");
    assert_eq!(crawl.found, [format!("{good}\t{good}about")]);
    assert_eq!(crawl.output.end, End::Exited(0));
}

#[test]
fn links_are_relative_to_where_redirects_lead() {
    let mut sites = Sites::new().unwrap();
    let links = ["/about", "next?a=1", "#top", "//other.example/", "https://www.python.org/", "/about"];
    let page = sites.open(Protocol::Https, Manner::Sends(page(links))).unwrap();
    let moved =
        sites.open(Protocol::Http, sends(&format!("301 Moved Permanently\r\nLocation: {page}"), b"gone")).unwrap();
    let crawl = Crawl::run(&[], std::slice::from_ref(&moved), Some(&sites));
    let expected = [
        format!("{page}about"),
        format!("{page}next?a=1"),
        format!("{page}#top"),
        "https://other.example/".to_owned(),
        "https://www.python.org/".to_owned(),
    ];
    assert_eq!(
        crawl.found(),
        expected.iter().map(|link| &*format!("{moved}\t{link}").leak()).collect(),
        "{}",
        crawl.output
    );
}

#[test]
fn bodies_are_unpacked_and_decoded() {
    let mut sites = Sites::new().unwrap();
    let html = b"<a href=\"https://example.org/caf\xe9\">";
    let head = "200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/html; charset=ISO-8859-1";
    let url = sites.open(Protocol::Http, sends(head, &packed(html))).unwrap();
    let crawl = Crawl::run(&[], std::slice::from_ref(&url), None);
    assert_eq!(crawl.found, [format!("{url}\thttps://example.org/caf%C3%A9")], "{}", crawl.output);
}

/// A server of pages, each of which has a link to itself and one to another site; after `requests` requests it closes a
/// connection without an answer. Returns its URL and the number of its connections.
fn server(requests: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, connections) = (format!("http://{}/", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&connections);
    let serve = move |mut client: TcpStream| -> anyhow::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        for _ in 0..requests {
            let Some(request) = read_request(&mut reader)? else { break };
            let path = request.split(' ').nth(1).unwrap_or_default();
            client.write_all(&page([path, "https://www.python.org/"]))?;
        }
        Ok(())
    };
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);

            thread::spawn(move || serve(client).ok());
        }
    });
    (url, connections)
}

/// Crawls `pages` pages of a server and checks that each was found.
fn crawl(url: &str, pages: usize, options: &[&str]) {
    let urls: Vec<_> = (0..pages).map(|n| format!("{url}{n}")).collect();
    let crawl = Crawl::run(options, &urls, None);
    let expected: Vec<_> =
        urls.iter().flat_map(|page| [format!("{page}\t{page}"), format!("{page}\thttps://www.python.org/")]).collect();
    assert_eq!(crawl.found.len(), expected.len(), "{}", crawl.output);
    assert_eq!(crawl.found(), expected.iter().map(String::as_str).collect());
}

// Shows: session_limits, one_session_for_all_requests
#[test]
fn a_thousand_pages_take_as_many_connections_as_are_allowed_to_a_host() {
    let (url, connections) = server(usize::MAX);
    crawl(&url, 1000, &["--per-host", "7"]);
    assert_eq!(connections.load(Ordering::Relaxed), 7);
}

#[test]
fn a_connection_that_the_server_closed_is_replaced() {
    let (url, connections) = server(3);
    crawl(&url, 60, &["--per-host", "2"]);
    assert!((20..60).contains(&connections.load(Ordering::Relaxed)), "{connections:?}");
}

/// Servers that do not answer before a hundred connections are open, counted over all servers.
#[derive(Default)]
struct Patient {
    open: Mutex<usize>,
    more: Condvar,
    /// The number of open connections at the first answer.
    most: OnceLock<usize>,
}

impl Patient {
    /// Opens a further server, with pages without links, and returns its URL.
    fn open(self: &Arc<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let all = Arc::clone(self);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                *all.open.lock().unwrap() += 1;
                all.more.notify_all();
                let all = Arc::clone(&all);
                thread::spawn(move || all.serve(client).ok());
            }
        });
        url
    }

    fn serve(&self, mut client: TcpStream) -> anyhow::Result<()> {
        drop(self.more.wait_while(self.open.lock().unwrap(), |open| *open < 100).unwrap());
        self.most.get_or_init(|| {
            // Time for one connection too many to arrive, if it does.
            thread::sleep(Duration::from_millis(300));
            *self.open.lock().unwrap()
        });
        let mut reader = BufReader::new(client.try_clone()?);
        while read_request(&mut reader)?.is_some() {
            client.write_all(&page([""; 0]))?;
        }
        Ok(())
    }
}

// Shows: session_limits
#[test]
fn a_hundred_connections_are_open_at_once_and_not_one_more() {
    let servers = Arc::new(Patient::default());
    let urls: Vec<_> =
        (0..20).map(|_| servers.open()).flat_map(|url| (0..10).map(move |n| format!("{url}{n}"))).collect();
    let crawl = Crawl::run(&[], &urls, None);
    assert_eq!(servers.most.get(), Some(&100), "{}", crawl.output);
    assert_eq!(crawl.log().iter().filter(|line| line.contains("Got response [200]")).count(), 200, "{}", crawl.output);
}

#[test]
fn one_connection_serves_many_hosts_in_turn() {
    let urls: Vec<_> =
        (0..5).map(|_| server(usize::MAX).0).flat_map(|url| [format!("{url}a"), format!("{url}b")]).collect();
    let crawl = Crawl::run(&["--connections", "1"], &urls, None);
    assert_eq!(crawl.found.len(), 20, "{}", crawl.output);
}

// Shows: session_timeouts
#[test]
fn what_is_done_is_kept_when_time_is_up() {
    let mut sites = Sites::new().unwrap();
    let silent = sites.open(Protocol::Http, Manner::IsSilent).unwrap();
    let (url, _) = server(usize::MAX);
    let crawl = Crawl::run(&["--total-timeout", "4"], &[silent, url.clone()], None);
    assert_eq!(crawl.found.len(), 2);
    assert_eq!(crawl.output.end, End::Exited(1));
    let last = crawl.output.stderr.lines().last().unwrap();
    assert_eq!(last, "Error: RuntimeError('1 of 2 pages done when 4 seconds were over')");
}

#[test]
fn charsets_have_the_names_that_python_knows() {
    let mut sites = Sites::new().unwrap();
    let html = b"<a href=\"https://example.org/caf\xe9\">";
    let urls: Vec<_> = ["text/html; charset=latin-1", "text/html; Charset=\"ISO_8859-1\"; a=b"]
        .map(|content| sites.open(Protocol::Http, sends(&format!("200 OK\r\nContent-Type: {content}"), html)).unwrap())
        .into();
    let crawl = Crawl::run(&[], &urls, None);
    let expected: BTreeSet<_> = urls.iter().map(|url| format!("{url}\thttps://example.org/caf%C3%A9")).collect();
    assert_eq!(crawl.found.into_iter().collect::<BTreeSet<_>>(), expected, "{}", crawl.output);
}

#[test]
fn what_a_page_contains_reaches_the_terminal_in_escapes() {
    let mut sites = Sites::new().unwrap();
    let url = sites.open(Protocol::Http, Manner::Sends(page(["http://[\x1b[2J\u{202e}\0"]))).unwrap();
    let crawl = Crawl::run(&[], std::slice::from_ref(&url), None);
    let bad = "ERROR:areq: Error parsing URL: http://[\\u{1b}[2J\\u{202e}\\u{0} (invalid IPv6 address)";
    assert!(crawl.log().contains(&bad), "{}", crawl.output);
    assert!(!crawl.output.stderr.contains('\x1b'));
}

/// A server that returns the `Authorization` of each request, in a link; at `/moved` it redirects.
fn asks_for_login(moved_to: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = |mut client: TcpStream, moved_to: Option<String>| -> anyhow::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        while let Some(request) = read_request(&mut reader)? {
            let login = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or("none");
            let answer = match &moved_to {
                Some(to) if request.starts_with("GET /moved") => {
                    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
                }
                _ => page([&*format!("/login/{login}")]),
            };
            client.write_all(&answer)?;
        }
        Ok(())
    };
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let moved_to = moved_to.clone();
            thread::spawn(move || serve(client, moved_to).ok());
        }
    });
    url
}

#[test]
fn a_login_is_sent_to_the_site_whose_url_has_it_and_to_no_other() {
    let with = |login: &str, url: &str| url.replacen("http://", &format!("http://{login}@"), 1);
    let other = asks_for_login(None);
    let same = asks_for_login(Some("/here".to_owned()));
    let elsewhere = asks_for_login(Some(other.clone()));
    let with_own = asks_for_login(Some(with("bob:else", &other)));
    let urls = [
        with("ada:p%40ss", &other),
        with("ada:p%40ss", &format!("{same}moved")),
        with("ada:p%40ss", &format!("{elsewhere}moved")),
        format!("{with_own}moved"),
    ];
    let crawl = Crawl::run(&[], &urls, None);
    // The `base64` of `ada:p@ss` and of `bob:else`.
    let (ada, bob) = ("Basic%20YWRhOnBAc3M=", "Basic%20Ym9iOmVsc2U=");
    let expected = [
        format!("{}\t{other}login/{ada}", urls[0]),
        format!("{}\t{same}login/{ada}", urls[1]),
        format!("{}\t{other}login/none", urls[2]),
        format!("{}\t{other}login/{bob}", urls[3]),
    ];
    assert_eq!(crawl.found(), expected.iter().map(String::as_str).collect(), "{}", crawl.output);
    let warnings: Vec<_> = crawl.log().into_iter().filter(|line| line.starts_with("WARN:")).collect();
    assert_eq!(warnings, [format!("WARN:areq: {elsewhere}moved redirects to {other}, which gets no password")]);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let (url, _) = server(usize::MAX);
    for (file, why) in [("/nowhere/found.txt", "No such file or directory"), ("/dev/full", "No space left on device")] {
        let mut command = PROGRAMS.command("areq", Clock::Real).unwrap();
        command.args(["--output", file, &url]);
        let output = Running::start(command).unwrap().end(LIMIT).unwrap();
        assert_eq!(output.end, End::Exited(1));
        assert!(output.stderr.contains(&format!("cannot write '{file}': {why}")), "{output}");
    }
}

#[test]
fn it_says_at_its_end_what_came_of_it() {
    let mut sites = Sites::new().unwrap();
    let wrong = sites.open(Protocol::Http, Manner::HangsUp).unwrap();
    let (url, _) = server(usize::MAX);
    let crawl = Crawl::run(&[], &[url, wrong], None);
    assert!(crawl.output.stdout.starts_with("1 of 2 pages read, 2 links in /"), "{}", crawl.output);
}
