//! The load of the TCP workloads, one program for all peers.
//!
//! ```text
//! client echo PORT COUNT     64 connections, COUNT times 64 bytes there and back on each
//! client echo1 PORT COUNT    the same on one connection
//! client shared PORT COUNT   32 connections, COUNT times 64 bytes there and back on whichever is free
//! client http PORT COUNT     the same with requests of HTTP/1.1
//! client sink PORT CHUNKS    writes CHUNKS chunks, then waits for one byte
//! client source PORT CHUNKS  reads until the end and expects CHUNKS chunks
//! ```
//!
//! It prints: operations, operations with the warm-up, nanoseconds, pairs for the line of the run.
//! `CLIENT_CPU=n` pins it to that processor; `CLIENT_SPIN=1` makes the echo client poll instead of
//! sleeping between answers.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use harness::{CHUNK, ECHO_CONNECTIONS, LOOPS_CONNECTIONS};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::unistd::Pid;

/// Bytes of an echo message.
const MESSAGE: usize = 64;
/// Messages of each connection before the clock starts.
const WARM_UP: usize = 50;

fn main() {
    nix::unistd::alarm::set(150);
    if let Ok(processor) = std::env::var("CLIENT_CPU") {
        let mut set = CpuSet::new();
        set.set(processor.parse().expect("CLIENT_CPU is a number")).expect("a possible processor");
        sched_setaffinity(Pid::from_raw(0), &set).expect("CLIENT_CPU is a processor");
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, port, count] = &arguments[..] else { panic!("client MODE PORT COUNT") };
    let port = port.parse().expect("the port is a number");
    let count = count.parse().expect("the count is a number");
    match mode.as_str() {
        "echo" => echo(&Talk::ECHO, ECHO_CONNECTIONS, port, count * ECHO_CONNECTIONS, count),
        "echo1" => echo(&Talk::ECHO, 1, port, count, count),
        "shared" => echo(&Talk::ECHO, LOOPS_CONNECTIONS, port, count, usize::MAX),
        "http" => echo(&Talk::HTTP, LOOPS_CONNECTIONS, port, count, usize::MAX),
        "sink" => sink(port, count),
        "source" => source(port, count),
        _ => panic!("there is no mode {mode:?}"),
    }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// What the client sends, and how the answer ends.
struct Talk {
    message: &'static [u8],
    answer: usize,
    ending: &'static [u8],
    never_sleeps: bool,
}

impl Talk {
    const ECHO: Talk = Talk { message: &[b'x'; MESSAGE], answer: MESSAGE, ending: b"x", never_sleeps: false };
    const HTTP: Talk = Talk {
        message: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        answer: 64,
        ending: b"\r\n\r\nhello\n",
        never_sleeps: true,
    };
}

/// A connection with one message in transit.
struct Connection {
    stream: TcpStream,
    received: usize,
    left: usize,
    sent_at: Instant,
}

impl Connection {
    fn send(&mut self, talk: &Talk, now: Instant) {
        self.sent_at = now;
        self.left -= 1;
        assert_eq!(self.stream.write(talk.message).unwrap(), talk.message.len());
    }

    /// Receives, and returns whether the answer is complete.
    fn receive(&mut self, talk: &Talk) -> bool {
        let mut buffer = [0; 4096];
        let mut ends = false;
        match self.stream.read(&mut buffer) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(n) => {
                self.received += n;
                ends = buffer[..n].ends_with(talk.ending);
            }
            Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock, "{e}"),
        }
        let whole = ends && self.received >= talk.answer;
        if whole {
            self.received = 0;
        }
        whole
    }
}

/// After a warm-up, exchanges `total` messages, at most `each` of them on one connection.
fn echo(talk: &Talk, connections: usize, port: u16, total: usize, each: usize) {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
    let mut connections: Vec<Connection> = (0..connections)
        .map(|key| {
            let stream = connect(port);
            stream.set_nonblocking(true).unwrap();
            epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, key as u64)).unwrap();
            Connection { stream, received: 0, left: each.saturating_add(WARM_UP), sent_at: Instant::now() }
        })
        .collect();
    connections.iter_mut().for_each(|connection| connection.send(talk, Instant::now()));

    let (mut sent, warm_up) = (connections.len(), connections.len() * WARM_UP);
    let mut latencies: Vec<Duration> = Vec::with_capacity(total);
    let mut done = 0;
    let mut start = Instant::now();
    let mut events = [EpollEvent::empty(); 64];
    // The server pays for waking a client that sleeps, and it sleeps more in front of one loop than of two.
    let spin = talk.never_sleeps || std::env::var_os("CLIENT_SPIN").is_some();
    let patience = if spin { EpollTimeout::ZERO } else { EpollTimeout::from(10_000u16) };
    while done < total + warm_up {
        let n = epoll.wait(&mut events, patience).unwrap();
        assert!(n > 0 || spin, "no answer in 10 seconds");
        for event in &events[..n] {
            let connection = &mut connections[event.data() as usize];
            if !connection.receive(talk) {
                continue;
            }
            let now = Instant::now();
            if done >= warm_up {
                latencies.push(now - connection.sent_at);
            }
            done += 1;
            if done == warm_up {
                start = now;
            }
            if connection.left > 0 && sent < total + warm_up {
                sent += 1;
                connection.send(talk, now);
            }
        }
    }
    let wall = start.elapsed();
    latencies.sort_unstable();
    let micros = |share: f64| latencies[((total - 1) as f64 * share) as usize].as_nanos() as f64 / 1e3;
    println!(
        "{total} {} {} msgs_per_s={:.0} p50_us={:.1} p99_us={:.1}",
        total + warm_up,
        wall.as_nanos(),
        total as f64 / wall.as_secs_f64(),
        micros(0.5),
        micros(0.99),
    );
}

fn sink(port: u16, chunks: usize) {
    let mut stream = connect(port);
    let chunk = vec![7; CHUNK];
    let start = Instant::now();
    for _ in 0..chunks {
        stream.write_all(&chunk).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 1);
    report_throughput(chunks, start.elapsed());
}

fn source(port: u16, chunks: usize) {
    let mut stream = connect(port);
    let mut buffer = vec![0; 4 * CHUNK];
    let start = Instant::now();
    let mut received = 0;
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            n => received += n,
        }
    }
    assert_eq!(received, chunks * CHUNK);
    report_throughput(chunks, start.elapsed());
}

fn report_throughput(chunks: usize, wall: Duration) {
    let gigabytes = (chunks * CHUNK) as f64 / 1e9;
    println!("{chunks} {chunks} {} gb_per_s={:.3}", wall.as_nanos(), gigabytes / wall.as_secs_f64());
}
