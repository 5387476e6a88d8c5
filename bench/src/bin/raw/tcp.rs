//! TCP servers on bare epoll. This is not a strict lower bound: the kernel decides here, and a server that answers sooner gets
//! smaller batches and more wakes.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use harness::{CHUNK, ECHO_CONNECTIONS, LOOPS_CONNECTIONS, Load, Loaded, Row, compute, one_and_two_loops, scaled};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

pub const ROWS: &[Row] = &[
    ("tcp_echo", || echo("echo", ECHO_CONNECTIONS, scaled(4_000))),
    ("tcp_echo_1", || echo("echo1", 1, scaled(20_000))),
    ("loops_busy", || one_and_two_loops(|loops| several(loops, Duration::from_millis(1), scaled(500)))),
    ("loops_echo", || one_and_two_loops(|loops| several(loops, Duration::ZERO, scaled(50_000)))),
    ("tcp_sink", sink),
    ("tcp_source", source),
];

fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(false).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn epoll() -> Epoll {
    Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap()
}

fn echo(mode: &str, connections: usize, each: usize) {
    let (listener, load) = Load::start(mode, each);
    serve((0..connections).map(|_| accept(&listener)).collect(), Duration::ZERO);
    load.done();
}

/// The same in several threads, which share the connections; each answer takes some computing.
fn several(threads: usize, work: Duration, count: usize) -> Loaded {
    let (listener, load) = Load::start("shared", count);
    let mut shares: Vec<Vec<TcpStream>> = (0..threads).map(|_| Vec::new()).collect();
    (0..LOOPS_CONNECTIONS).for_each(|n| shares[n % threads].push(accept(&listener)));
    let threads = shares.into_iter().map(|share| thread::spawn(move || serve(share, work)));
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    load.end()
}

/// Answers until all clients have gone.
fn serve(streams: Vec<TcpStream>, work: Duration) {
    let epoll = epoll();
    for (key, stream) in streams.iter().enumerate() {
        epoll.add(stream, EpollEvent::new(EpollFlags::EPOLLIN, key as u64)).unwrap();
    }
    let mut open = streams.len();
    let mut streams: Vec<Option<TcpStream>> = streams.into_iter().map(Some).collect();
    let mut buffer = [0; 4096];
    let mut events = [EpollEvent::empty(); 64];
    while open > 0 {
        let n = epoll.wait(&mut events, EpollTimeout::NONE).unwrap();
        for event in &events[..n] {
            let slot = &mut streams[event.data() as usize];
            let Some(stream) = slot else { continue };
            match stream.read(&mut buffer) {
                Ok(0) => {
                    *slot = None;
                    open -= 1;
                }
                Ok(n) => {
                    if !work.is_zero() {
                        compute(work);
                    }
                    assert_eq!(stream.write(&buffer[..n]).unwrap(), n);
                }
                Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock, "{e}"),
            }
        }
    }
}

fn sink() {
    let (listener, load) = Load::start("sink", scaled(32_768));
    let epoll = epoll();
    let mut stream = accept(&listener);
    epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, 0)).unwrap();
    let mut buffer = vec![0; CHUNK];
    let mut events = [EpollEvent::empty(); 4];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                assert_eq!(e.kind(), ErrorKind::WouldBlock, "{e}");
                epoll.wait(&mut events, EpollTimeout::NONE).unwrap();
            }
        }
    }
    stream.write_all(b"!").unwrap();
    drop(stream);
    load.done();
}

fn source() {
    let chunks = scaled(32_768);
    let (listener, load) = Load::start("source", chunks);
    let epoll = epoll();
    let mut stream = accept(&listener);
    epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLOUT, 0)).unwrap();
    let chunk = vec![7; CHUNK];
    let mut events = [EpollEvent::empty(); 4];
    for _ in 0..chunks {
        let mut left = &chunk[..];
        while !left.is_empty() {
            match stream.write(left) {
                Ok(n) => left = &left[n..],
                Err(e) => {
                    assert_eq!(e.kind(), ErrorKind::WouldBlock, "{e}");
                    epoll.wait(&mut events, EpollTimeout::NONE).unwrap();
                }
            }
        }
    }
    drop(stream);
    load.done();
}
