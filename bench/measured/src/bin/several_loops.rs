//! A server on one loop and on two, each in a thread with a listener of its own: with a handler that computes for a
//! millisecond, with one that computes nothing, and with one that speaks HTTP. The clients are tasks of one loop in a thread
//! of its own, the same ones for one loop and for two. (A thread for each client, and more of them for two loops, made two loops
//! look a tenth more expensive.) Of several short rounds, in which one loop and two take turns, the best counts: what else the
//! machine does is in the others.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use asyncio::{
    Event, LoopHandle, Result, StreamReader, StreamWriter, create_task, gather, get_running_loop, open_connection, run,
    sleep, start_server,
};
use asyncio_http::{Body, HttpServer};
use hyper::{Request, Response};
use measured::report;
use rustix::time::{ClockId, clock_gettime};

/// In all.
const CLIENTS: usize = 32;
const ROUNDS: usize = 12;
const SECONDS: f64 = 0.25;
const LINE: &[u8] = &[b'x'; 64];
const HTTP: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[derive(Clone, Copy)]
enum Handler {
    Computes,
    Nothing,
    Http,
}

thread_local! {
    static STOP: Event = Event::new();
    static ANSWERED: Cell<u64> = const { Cell::new(0) };
}

/// The processor time of this thread, in seconds.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

async fn answer(handler: Handler, mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    if let Handler::Http = handler {
        let hello = async |_: Request<Body>| {
            ANSWERED.set(ANSWERED.get() + 1);
            Ok(Response::new("hello\n".to_owned()))
        };
        return HttpServer::new().serve(reader, writer, hello).await;
    }
    loop {
        let request = reader.read(LINE.len()).await?;
        if request.is_empty() {
            return Ok(());
        }
        if let Handler::Computes = handler {
            // Processor time, so that another thread on the same processor does not count as work.
            let begun = processor_time();
            while processor_time() - begun < 0.001 {}
        }
        ANSWERED.set(ANSWERED.get() + 1);
        writer.write(&request)?;
        writer.drain().await?;
    }
}

/// All clients: each waits for its answer before it asks again. A server pays for waking clients that sleep, and they sleep more
/// in front of one loop than of two; where that would count, they never sleep.
async fn ask(port: u16, request: &'static [u8], never_sleeps: bool) -> Result<()> {
    let is_over = Rc::new(Cell::new(false));
    if never_sleeps {
        let is_over = Rc::clone(&is_over);
        create_task(async move {
            while !is_over.get() {
                sleep(0).await?;
            }
            Ok(())
        });
    }
    let clients = (0..CLIENTS).map(|_| {
        let is_over = Rc::clone(&is_over);
        async move {
            let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
            while !is_over.get() {
                writer.write(request)?;
                writer.drain().await?;
                // An answer is small enough to come in one piece.
                reader.read(1024).await?;
            }
            Ok(())
        }
    });
    let stop = Rc::clone(&is_over);
    get_running_loop()?.call_later(SECONDS, move || stop.set(true))?;
    gather(clients).await.map(drop)
}

/// How many requests several loops answer in a second, and in a second of their processor time.
fn measure(loops: usize, handler: Handler) -> Result<(f64, f64)> {
    let (mut port, mut handles, mut servers) = (0, Vec::<LoopHandle>::new(), Vec::new());
    for _ in 0..loops {
        let (ready, is_ready) = channel();
        servers.push(thread::spawn(move || -> Result<(u64, f64)> {
            run(async move {
                let answer = async move |reader, writer| answer(handler, reader, writer).await;
                let server = start_server(answer, "127.0.0.1", port).reuse_port(true).await?;
                ready.send((server.sockets()[0].port().unwrap_or_default(), get_running_loop()?.handle()))?;
                STOP.with(Event::clone).wait().await
            })?;
            Ok((ANSWERED.get(), processor_time()))
        }));
        let (at, handle) = is_ready.recv()?;
        port = at;
        handles.push(handle);
    }
    let begun = Instant::now();
    let request = if let Handler::Http = handler { HTTP } else { LINE };
    // Beside two loops that compute, there is no processor for clients that never sleep.
    let never_sleeps = !matches!(handler, Handler::Computes);
    thread::spawn(move || run(ask(port, request, never_sleeps))).join().expect("no client panics")?;
    let seconds = begun.elapsed().as_secs_f64();
    for handle in &handles {
        handle.call_soon_threadsafe(|| STOP.with(Event::set))?;
    }
    let (mut answered, mut processor) = (0, 0.0);
    for server in servers {
        let (of_loop, time) = server.join().expect("no server panics")?;
        answered += of_loop;
        processor += time;
    }
    Ok((answered as f64 / seconds, answered as f64 / processor))
}

fn main() -> Result<()> {
    let handlers = [
        ("it computes for 1 ms", Handler::Computes),
        ("it computes nothing", Handler::Nothing),
        ("HTTP", Handler::Http),
    ];
    for (what, handler) in handlers {
        let (mut one, mut two) = ((0.0, 0.0), (0.0, 0.0));
        for _ in 0..ROUNDS {
            for (best, loops) in [(&mut one, 1), (&mut two, 2)] {
                let (a_second, of_processor): (f64, f64) = measure(loops, handler)?;
                *best = (a_second.max(best.0), of_processor.max(best.1));
            }
        }
        report(&format!("{what}: one loop, a second"), one.0, "requests");
        report(&format!("{what}: two loops, a second"), two.0, "requests");
        report(&format!("{what}: one loop, a second of its processor time"), one.1, "requests");
        report(&format!("{what}: two loops, a second of their processor time"), two.1, "requests");
    }
    Ok(())
}
