//! A server on one loop and on two, each in a thread of its own. Nothing is shared but the handles.
//!
//! Clients reach a loop in one of two ways: each loop has a listener on the same port, or one thread accepts and hands over the
//! sockets.

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use asyncio_http::{Body, HttpServer};
use asyncio_locks::Event;
use asyncio_runtime::{LoopHandle, Result, create_task, get_running_loop, run};
use asyncio_streams::{StreamReader, StreamWriter, open_connection_on, start_server};
use harness::{LOOPS_CONNECTIONS, Load, Loaded, Row, compute, one_and_two_loops, scaled};
use hyper::{Request, Response};

pub const ROWS: &[Row] = &[
    ("loops_busy", || one_and_two_loops(|loops| by_ports(loops, Handler::Busy, "shared", scaled(500)))),
    ("loops_echo", || one_and_two_loops(|loops| by_ports(loops, Handler::Echo, "shared", scaled(50_000)))),
    ("loops_http", || one_and_two_loops(|loops| by_ports(loops, Handler::Http, "http", scaled(25_000)))),
    ("loops_busy_handed", || one_and_two_loops(|loops| handed_over(loops, Handler::Busy, "shared", scaled(500)))),
    ("loops_echo_handed", || one_and_two_loops(|loops| handed_over(loops, Handler::Echo, "shared", scaled(50_000)))),
    ("loops_http_handed", || one_and_two_loops(|loops| handed_over(loops, Handler::Http, "http", scaled(25_000)))),
];

#[derive(Clone, Copy)]
enum Handler {
    /// Computes for a millisecond before each answer.
    Busy,
    Echo,
    Http,
}

thread_local! {
    static STOP: Event = Event::new();
    static HTTP: HttpServer = HttpServer::new();
}

/// Serves one client to its end.
async fn serve(handler: Handler, mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    if let Handler::Http = handler {
        let hello = async |_: Request<Body>| Ok(Response::new("hello\n".to_owned()));
        return HTTP.with(HttpServer::clone).serve(reader, writer, hello).await;
    }
    let mut data = [0; 4096];
    loop {
        let n = reader.readinto(&mut data).await?;
        if n == 0 {
            return Ok(());
        }
        if let Handler::Busy = handler {
            compute(Duration::from_millis(1));
        }
        writer.write(&data[..n])?;
        writer.drain().await?;
    }
}

/// The loops, until they are told to stop.
struct Loops(Vec<(LoopHandle, JoinHandle<Result<()>>)>);

impl Loops {
    /// Starts a loop, runs `first` on it, and returns the result of `first`.
    fn start<T: Send + 'static>(&mut self, first: impl AsyncFnOnce() -> Result<T> + Send + 'static) -> T {
        let (ready, is_ready) = channel();
        let thread = thread::spawn(move || {
            run(async move {
                let handle = get_running_loop()?.handle();
                // The thread that started this one waits for it.
                let _ = ready.send((handle, first().await?));
                STOP.with(Event::clone).wait().await
            })
        });
        let (handle, value) = is_ready.recv().expect("the loop starts");
        self.0.push((handle, thread));
        value
    }

    fn stop(self) {
        for (handle, thread) in self.0 {
            handle.call_soon_threadsafe(|| STOP.with(Event::set)).expect("the loop runs");
            thread.join().expect("no loop panics").expect("no loop fails");
        }
    }
}

/// Each loop listens on the same port.
fn by_ports(count: usize, handler: Handler, mode: &str, requests: usize) -> Loaded {
    let (mut loops, mut port) = (Loops(Vec::new()), 0);
    for _ in 0..count {
        port = loops.start(async move || {
            let serve = async move |reader, writer| serve(handler, reader, writer).await;
            let server = start_server(serve, "127.0.0.1", port).reuse_port(true).await?;
            Ok(server.sockets()[0].port().expect("it has one"))
        });
    }
    let loaded = Load::against(port, mode, requests).end();
    loops.stop();
    loaded
}

/// This thread accepts clients for all loops.
fn handed_over(count: usize, handler: Handler, mode: &str, requests: usize) -> Loaded {
    let mut loops = Loops(Vec::new());
    (0..count).for_each(|_| loops.start(async || Ok(())));
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let load = Load::against(listener.local_addr().expect("it is bound").port(), mode, requests);
    for (handle, _) in loops.0.iter().cycle().take(LOOPS_CONNECTIONS) {
        let (socket, _) = listener.accept().expect("the client connects");
        let welcome = move || {
            let (reader, writer) = open_connection_on(socket).expect("it is connected");
            create_task(serve(handler, reader, writer));
        };
        handle.call_soon_threadsafe(welcome).expect("the loop runs");
    }
    let loaded = load.end();
    loops.stop();
    loaded
}
