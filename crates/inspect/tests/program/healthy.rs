//! A busy server in which all is well: neither the program nor the inspector reports anything about it.
//!
//! Its clients are in this process, so each process needs only one descriptor for a connection. `ASYNCIO_TEST_CONNECTIONS` says
//! how many there are: `cargo xtask ci --full` asks for ten thousand.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use asyncio::{Event, Lock, Result, StreamReader, StreamWriter, create_task, sleep, start_server, wait_for};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::subjects::{Subject, say};

/// Descriptors for everything else.
const OTHERS: u64 = 100;

/// How many connections are opened before the server must have answered the last of them.
const BATCH: usize = 50;

/// The number of connections that this process may have, after its limit was raised.
pub(crate) fn possible(wanted: usize) -> usize {
    let (limits, needed) = (getrlimit(Resource::Nofile), wanted as u64 + OTHERS);
    let current = limits.maximum.map_or(needed, |maximum| maximum.min(needed));
    if limits.current.is_some_and(|before| before < current) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limits });
    }
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(wanted).min(wanted)
}

/// A result that another thread will set at some time, unknown to the loop.
#[derive(Clone, Default)]
struct Elsewhere(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Future for Elsewhere {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.0.lock().expect("no panic");
        if !inner.0 {
            inner.1.push(cx.waker().clone());
        }
        if inner.0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Elsewhere {
    fn arrive(&self) {
        let inner = self.0.lock().map(|mut inner| (inner.0 = true, std::mem::take(&mut inner.1)));
        inner.expect("no panic").1.into_iter().for_each(Waker::wake);
    }
}

/// What all connections share.
#[derive(Clone, Default)]
struct Shared {
    desk: Lock,
    news: Event,
    elsewhere: Elsewhere,
}

/// Echoes lines, each when it is its time.
async fn serve(mut reader: StreamReader, writer: StreamWriter, shared: Shared) -> Result<()> {
    loop {
        let line = reader.readline().await?;
        match &line[..] {
            b"" => return Ok(()),
            b"news\n" => shared.news.wait().await.map(drop)?,
            b"limited\n" => wait_for(shared.news.wait(), 3600).await.map(drop)?,
            b"elsewhere\n" => shared.elsewhere.clone().await,
            b"publish\n" => {
                shared.news.set();
                let elsewhere = shared.elsewhere.clone();
                std::thread::spawn(move || elsewhere.arrive());
            }
            // A separate task acquires the desk, and is awaited.
            b"task\n" => {
                let desk = shared.desk.clone();
                create_task(async move {
                    let _desk = desk.lock().await?;
                    sleep(0).await
                })
                .await?;
            }
            _ => {
                let _desk = shared.desk.lock().await?;
                sleep(0).await?;
            }
        }
        writer.write(&line)?;
        writer.drain().await?;
    }
}

/// Serves until the process is killed.
pub(crate) async fn server() -> Result<()> {
    possible(usize::MAX / 2);
    let shared = Shared::default();
    let server = start_server(async move |reader, writer| serve(reader, writer, shared.clone()).await, "127.0.0.1", 0);
    let server = server.backlog(4096).await?;
    say(&format!("port {}", server.sockets()[0].as_socket().expect("an address of the Internet").port()));
    server.serve_forever().await
}

/// A connection to the server, with what it has asked for.
struct Client(BufReader<TcpStream>, &'static str);

impl Client {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server accepts");
        Self(BufReader::with_capacity(16, stream), "")
    }

    fn ask(&mut self, line: &'static str) {
        self.1 = line;
        self.0.get_mut().write_all(line.as_bytes()).expect("the server reads");
    }

    fn is_answered(&mut self) -> bool {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server answers");
        line == self.1
    }
}

#[test]
fn a_server_with_many_connections_is_not_accused() {
    const REQUESTS: [&str; 6] = ["", "news\n", "limited\n", "elsewhere\n", "tea\n", "task\n"];
    let wanted = std::env::var("ASYNCIO_TEST_CONNECTIONS").map_or(600, |count| count.parse().expect("a number"));
    let count = possible(wanted);
    if count < wanted {
        println!("{count} connections instead of {wanted}: the system allows no more descriptors (ulimit -Hn)");
    }
    let mut subject = Subject::start_in("server", tempfile::TempDir::new().unwrap(), &[("ASYNCIO_INSPECT", "1")], "");
    let port = subject.port();
    let healthy = |subject: &Subject| {
        let snapshot = subject.snapshot();
        assert_eq!(snapshot.findings, []);
        snapshot.loops[0].tasks.len()
    };
    let mut clients: Vec<Client> = Vec::new();
    for number in 0..count {
        let mut client = Client::new(port);
        client.ask(REQUESTS[number % REQUESTS.len()]);
        clients.push(client);
        if number % BATCH == BATCH - 1 {
            // Then all earlier ones are accepted.
            let mut last = Client::new(port);
            last.ask("tea\n");
            assert!(last.is_answered());
        }
        if number % (count / 10) == 0 {
            healthy(&subject);
        }
    }
    // All of them wait, most of them for a later event; some go on.
    for round in 0..10 {
        for client in clients.iter_mut().skip(round).step_by(97).filter(|client| !client.1.is_empty()) {
            // A server answers one request of a connection after the other.
            if ["tea\n", "task\n"].contains(&client.1) {
                assert!(client.is_answered());
                client.ask("tea\n");
            }
        }
        assert!(healthy(&subject) >= count);
    }
    let mut publisher = Client::new(port);
    publisher.ask("publish\n");
    assert!(publisher.is_answered());
    for client in clients.iter_mut().filter(|client| !client.1.is_empty()) {
        assert!(client.is_answered(), "{:?}", client.1);
    }
    healthy(&subject);
    drop(clients);
    assert_eq!(subject.kill().1, "", "nothing is told");
}
