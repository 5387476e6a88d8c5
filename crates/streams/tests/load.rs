//! Ten thousand connections at once in one process, among peers that send a byte at a time, never read, or vanish: nobody
//! disturbs anybody. A process of its own, because it needs most of the descriptors there can be.

#[macro_use]
extern crate asyncio_testing;

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use asyncio_runtime::{Clock, Future, Result, Runner, create_task, gather, get_running_loop, sleep};
use asyncio_streams::{StreamReader, StreamWriter, open_connection, start_server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

const CONNECTIONS: usize = 10_000;

/// The number of connections that are opened at the same time.
const BATCH: usize = 200;

/// Descriptors for everything else.
const OTHERS: usize = 200;

/// The number of connections that this process may have, both ends counted, after its limit was raised as far as
/// possible.
fn possible_connections() -> usize {
    let (limits, needed) = (getrlimit(Resource::Nofile), Some((2 * CONNECTIONS + OTHERS) as u64));
    if limits.maximum.is_none_or(|maximum| Some(maximum) >= needed) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: needed, ..limits });
    // Only an administrator can have more than there is.
    } else if setrlimit(Resource::Nofile, Rlimit { current: needed, maximum: needed }).is_err() {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits });
    }
    let limit = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| limit as usize);
    let possible = (limit.saturating_sub(OTHERS) / 2).min(CONNECTIONS);
    if possible < CONNECTIONS {
        println!("{possible} connections instead of {CONNECTIONS}: the system allows {limit} descriptors (ulimit -Hn)");
    }
    possible
}

/// Resident memory of this process in bytes, where a page has 4 KiB.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Echoes lines. To a client that sends `flood` it sends without end, and notes the largest number of kept bytes.
async fn serve(mut reader: StreamReader, writer: StreamWriter, most_kept: Rc<Cell<usize>>) -> Result<()> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        if line != b"flood\n" {
            writer.write(&line)?;
            writer.drain().await?;
            continue;
        }
        loop {
            writer.write([b'x'; 50_000])?;
            most_kept.set(most_kept.get().max(writer.get_write_buffer_size()));
            writer.drain().await?;
        }
    }
}

/// Opens a connection, reports that, and sends a line at the first signal and at the second.
async fn client(port: u16, number: usize, open: Rc<Cell<usize>>, times: [Future<()>; 2]) -> Result<()> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    open.set(open.get() + 1);
    for (round, time) in times.into_iter().enumerate() {
        (&time).await?;
        let line = format!("{number} in round {round}\n");
        writer.write(&line)?;
        assert_eq!(reader.readline().await?, line.as_bytes());
    }
    writer.close();
    writer.wait_closed().await
}

/// Sends a line a byte at a time until it is cancelled.
async fn slow(port: u16) -> Result<()> {
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    loop {
        for byte in b"slowly\n" {
            writer.write([*byte])?;
            sleep(0.005).await?;
        }
        assert_eq!(reader.readline().await?, b"slowly\n");
    }
}

/// Requests more than it will ever read.
async fn never_reads(port: u16) -> Result<()> {
    let (_reader, writer) = open_connection("127.0.0.1", port).await?;
    writer.write("flood\n")?;
    writer.wait_closed().await
}

/// Connects and disconnects without a goodbye, with data in flight, until it is cancelled.
async fn resets(address: SocketAddr) -> Result<()> {
    loop {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"flood\n")?;
        sleep(0.005).await?;
        SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_connections_and_some_that_misbehave() {
    let connections = possible_connections();
    Runner::new()
        .clock(Clock::Real)
        .run(async move {
            let event_loop = get_running_loop()?;
            // The errors of connections that are reset.
            event_loop.set_exception_handler(Some(Box::new(|context| {
                let error = context.exception.as_ref().and_then(|error| error.downcast_ref::<io::Error>());
                let kinds = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
                assert!(error.is_some_and(|error| kinds.contains(&error.kind())), "{context}");
            })));
            let most_kept = Rc::new(Cell::new(0));
            let most = Rc::clone(&most_kept);
            let server = start_server(async move |r, w| serve(r, w, Rc::clone(&most)).await, "127.0.0.1", 0);
            let server = server.backlog(4096).await?;
            let address = server.sockets()[0].as_socket().unwrap();
            let port = address.port();

            let disturbers = [create_task(slow(port)), create_task(never_reads(port)), create_task(resets(address))];
            sleep(0.05).await?;
            let before = resident();
            let open = Rc::new(Cell::new(0));
            let times = [event_loop.create_future(), event_loop.create_future()];
            let mut clients = Vec::with_capacity(connections);
            while clients.len() < connections {
                for _ in 0..BATCH.min(connections - clients.len()) {
                    let number = clients.len();
                    clients.push(create_task(client(port, number, Rc::clone(&open), times.clone())));
                }
                while open.get() < clients.len() {
                    sleep(0.001).await?;
                    assert!(!clients.iter().any(|client| client.done()), "a client has given up");
                }
            }
            let each = resident().saturating_sub(before) / connections;
            println!("{connections} idle connections: {each} bytes each, for both ends and their two tasks");
            // A buffer for each connection would be noticed here.
            assert!(each < 16 * 1024, "{each} bytes for an idle connection");
            for time in times {
                time.set_result(())?;
                sleep(0.01).await?;
            }
            gather(clients).await?;

            for disturber in disturbers {
                assert!(!disturber.done(), "{:?}", disturber.exception());
                disturber.cancel();
                let _ = disturber.await;
            }
            assert!((1..=64 * 1024 + 50_000).contains(&most_kept.get()), "{} bytes were kept", most_kept.get());
            server.close();
            server.abort_clients();
            server.wait_closed().await
        })
        .unwrap();
}
