//! The program `areq`: what its options do, on sites that this test serves.

#[macro_use]
extern crate asyncio_testing;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

/// Three hosts on one port: the pages of each link to the next host, and one to a page of the first. Returns the port.
fn serve() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer(stream.unwrap()));
        }
    });
    port
}

fn answer(stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let host = lines.by_ref().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)).unwrap();
    let next = match host.as_bytes()[8] {
        b'1' => host.replace("127.0.0.1", "127.0.0.2"),
        _ => host.replace("127.0.0.2", "127.0.0.3"),
    };
    let first = format!("127.0.0.1{}", &host[9..]);
    let (status, body) = match request.split(' ').nth(1).unwrap() {
        "/" => ("200 OK", format!("<a href=/a>a</a> <a href=http://{next}/>next</a>")),
        "/a" => ("200 OK", format!("<a href=http://{first}/b>b</a> <a href=http://{next}/>next</a>")),
        "/b" => ("200 OK", "no links".to_owned()),
        _ => ("404 Not Found", String::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\n", body.len());
    // The worker may have gone.
    let _ = write!(&stream, "{head}connection: close\r\n\r\n{body}");
}

fn areq(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_areq"));
    command.current_dir(folder).args(arguments.split_whitespace()).output().unwrap()
}

/// Runs it, and returns what it printed.
fn run(folder: &Path, arguments: &str) -> String {
    let output = areq(folder, arguments);
    assert!(output.status.success(), "{arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The pages in the file of links.
fn sources(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join("foundurls.txt")).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn a_crawl_of_one_host_stays_one_when_it_goes_on_without_urls() {
    let (port, folder) = (serve(), tempfile::tempdir().unwrap());
    let (folder, first) = (folder.path(), format!("http://127.0.0.1:{port}/"));
    let options = "--same-host --delay 0 --quiet";
    run(folder, &format!("crawl {first} {options} --max-pages 1"));
    assert_eq!(sources(folder), BTreeSet::from([first.clone()]));
    let summary = run(folder, &format!("crawl {options} --max-pages 100"));
    assert!(summary.starts_with("3 pages read"), "{summary}");
    assert_eq!(sources(folder), BTreeSet::from([first.clone(), format!("{first}a")]), "no other host is asked");
}

#[test]
fn hosts_that_workers_name_one_after_the_other_all_count() {
    let (port, folder) = (serve(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    run(folder, &format!("crawl http://127.0.0.1:{port}/ --same-host --delay 0 --quiet --depth 0"));
    let summary = run(folder, &format!("crawl http://127.0.0.2:{port}/a --same-host --depth 3 --quiet"));
    // It links to a page of the first host, and to the third host, which no worker has named.
    assert!(summary.starts_with("3 pages read"), "{summary}");
}

#[test]
fn same_host_needs_to_know_which() {
    let (port, folder) = (serve(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    run(folder, &format!("crawl http://127.0.0.1:{port}/ --delay 0 --depth 1 --quiet"));
    let output = areq(folder, "crawl --same-host --quiet");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "areq: --same-host: name the URLs whose hosts are meant\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_changes_no_result() {
    let (port, folder) = (serve(), tempfile::tempdir().unwrap());
    let full = || std::fs::File::create("/dev/full").unwrap();
    let areq = |arguments: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_areq"));
        command.current_dir(folder.path()).args(arguments.split_whitespace()).stdout(full()).stderr(full());
        command.status().unwrap().code()
    };
    assert_eq!(areq(&format!("crawl http://127.0.0.1:{port}/ --delay 0 --same-host")), Some(0));
    assert_eq!(sources(folder.path()).len(), 2);
    assert_eq!(areq("crawl --lease=-1"), Some(1), "the error is lost, its status is not");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (option, message) in [
        ("--robots-age inf", "seconds are finite"),
        ("--robots-age 60", "--robots-age is at least twice --max-backoff and --delay"),
        ("--lease 15", "--lease is at least twice --timeout"),
        ("--delay -1", "--timeout and --lease are more than 0, and --delay is not less"),
    ] {
        let option = option.replace(' ', "=");
        let output = areq(folder.path(), &format!("crawl http://127.0.0.1:1/ {option}"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("areq: {message}\n"));
    }
}

#[test]
fn links_and_graphs_are_written_at_the_end_and_on_request() {
    let (port, folder) = (serve(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let printed = run(
        folder,
        &format!("crawl http://127.0.0.1:{port}/ --delay 0 --quiet --dot site.dot --svg site.svg --json log.json"),
    );
    assert!(printed.contains("\nthe graph is in site.dot\nthe drawing is in site.svg\n"), "{printed}");
    let (first, next) = (format!("http://127.0.0.1:{port}/"), format!("http://127.0.0.2:{port}/"));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let links = read("foundurls.txt");
    assert!(links.starts_with("source_url\tparsed_url\n") && links.contains(&format!("{first}\t{next}\n")), "{links}");
    let (dot, svg) = (read("site.dot"), read("site.svg"));
    assert!(dot.starts_with("digraph") && dot.contains(&first) && dot.contains(&next), "{dot}");
    assert!(svg.starts_with("<svg") && svg.contains("127.0.0.2"), "{svg}");
    let log = read("log.json");
    assert!(log.lines().last().unwrap().contains("\"event\":\"end\""), "{log}");

    let printed = run(folder, "export --output again.txt --dot again.dot --svg again.svg");
    assert!(printed.contains(" pages in again.txt\n"), "{printed}");
    assert_eq!((read("again.txt"), read("again.dot"), read("again.svg")), (links, dot, svg));
}
