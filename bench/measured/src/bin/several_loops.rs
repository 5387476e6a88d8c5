//! A server on one loop and on two, each in a thread with a listener of its own: with a handler that computes for a
//! millisecond, and with one that computes nothing. The clients are threads that wait for their answers. Of several short
//! rounds, in which one loop and two take turns, the best counts: what else the machine does is in the others.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{Event, LoopHandle, Result, StreamReader, StreamWriter, get_running_loop, run, start_server};
use measured::report;
use rustix::time::{ClockId, clock_gettime};

/// For each loop: a loop with fewer clients has fewer of them in hand when it looks, and looks more often.
const CLIENTS: usize = 16;
const ROUNDS: usize = 12;
const SECONDS: f64 = 0.25;
const REQUEST: [u8; 64] = [b'x'; 64];

thread_local! {
    static STOP: Event = Event::new();
    static ANSWERED: Cell<u64> = const { Cell::new(0) };
}

/// The processor time of this thread, in seconds.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

async fn answer(mut reader: StreamReader, writer: StreamWriter, work: f64) -> Result<()> {
    loop {
        let request = reader.read(REQUEST.len()).await?;
        if request.is_empty() {
            return Ok(());
        }
        // Processor time, so that another thread on the same processor does not count as work.
        let begun = processor_time();
        while work > 0.0 && processor_time() - begun < work {}
        ANSWERED.set(ANSWERED.get() + 1);
        writer.write(&request)?;
        writer.drain().await?;
    }
}

/// How many requests several loops answer in a second, and in a second of their processor time.
fn measure(loops: usize, work: f64) -> Result<(f64, f64)> {
    let (mut port, mut handles, mut servers) = (0, Vec::<LoopHandle>::new(), Vec::new());
    for _ in 0..loops {
        let (ready, is_ready) = channel();
        servers.push(thread::spawn(move || -> Result<(u64, f64)> {
            run(async move {
                let answer = async move |reader, writer| answer(reader, writer, work).await;
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
    let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let clients: Vec<_> = (0..CLIENTS * loops)
        .map(|_| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || -> std::io::Result<()> {
                let mut server = TcpStream::connect(("127.0.0.1", port))?;
                let mut reply = REQUEST;
                while !stop.load(Ordering::Relaxed) {
                    server.write_all(&REQUEST)?;
                    server.read_exact(&mut reply)?;
                }
                Ok(())
            })
        })
        .collect();
    thread::sleep(Duration::from_secs_f64(SECONDS));
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("no client panics")?;
    }
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
    for (what, work) in [("it computes for 1 ms", 0.001), ("it computes nothing", 0.0)] {
        let (mut one, mut two) = ((0.0, 0.0), (0.0, 0.0));
        for _ in 0..ROUNDS {
            for (best, loops) in [(&mut one, 1), (&mut two, 2)] {
                let (a_second, of_processor): (f64, f64) = measure(loops, work)?;
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
