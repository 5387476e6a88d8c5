//! TCP servers on bare epoll. This is no strict floor: the kernel decides here, and a server that
//! answers sooner gets smaller batches and more wakes.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use harness::{CHUNK, ECHO_CONNECTIONS, Load, Row, scaled};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

pub const ROWS: &[Row] = &[
    ("tcp_echo", || echo("echo", ECHO_CONNECTIONS, scaled(4_000))),
    ("tcp_echo_1", || echo("echo1", 1, scaled(20_000))),
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
    let epoll = epoll();
    let mut streams: Vec<Option<TcpStream>> = (0..connections)
        .map(|key| {
            let stream = accept(&listener);
            epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, key as u64)).unwrap();
            Some(stream)
        })
        .collect();
    let mut open = connections;
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
                Ok(n) => assert_eq!(stream.write(&buffer[..n]).unwrap(), n),
                Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock, "{e}"),
            }
        }
    }
    load.done();
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
