//! What a trace costs: a server that sends back what it gets, with `ASYNCIO_TRACE` and without.
//!
//! Sixty-four connections have one message of 64 bytes each under way. In turn, a round is not observed, observed by an observer
//! that does nothing, and traced. A figure is the processor time of the server's thread per message, the median of the rounds.
//! So all three are measured on the same machine at the same time, whatever else it does.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use asyncio::trace::Trace;
use asyncio::{Clock, EventLoop, LoopEvent, Observer, StreamReader, StreamWriter, sleep, start_server};
use rustix::time::{ClockId, clock_gettime};

const CONNECTIONS: usize = 64;
const MESSAGES: usize = 400;
const ROUNDS: usize = 21;

struct Nothing;

impl Observer for Nothing {
    fn event(&self, _event: LoopEvent<'_>) {}
}

fn main() {
    let file = std::env::temp_dir().join(format!("trace-{}.json", std::process::id()));
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        costs[0].push(serve(|_| ()));
        costs[1].push(serve(|event_loop| event_loop.add_observer(Rc::new(Nothing))));
        let trace = Trace::create(&file).expect("the trace can be written");
        costs[2].push(serve(|event_loop| trace.watch(event_loop)));
    }
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let _ = std::fs::remove_file(&file);
    let [without, observed, traced] = costs.map(median);
    let more = |time: f64| (time / without - 1.0) * 100.0;
    measured::report("a message that is sent back", without, "s");
    measured::report("the same with an observer that does nothing", observed, "s");
    measured::report("the same with a trace", traced, "s");
    measured::report("more for the observer", more(observed), "%");
    measured::report("more for the trace", more(traced), "%");
    measured::report("a trace of a message", bytes as f64 / (CONNECTIONS * MESSAGES) as f64, "bytes");
}

/// The processor time for one message, in seconds.
fn serve(watch: impl FnOnce(&EventLoop)) -> f64 {
    let event_loop = EventLoop::with_clock(Clock::Real);
    watch(&event_loop);
    let start = processor_time();
    let served = event_loop.run_until_complete(async {
        let server = start_server(
            async |mut reader: StreamReader, writer: StreamWriter| {
                let mut data = [0; 4096];
                loop {
                    let count = reader.readinto(&mut data).await?;
                    if count == 0 {
                        return Ok(());
                    }
                    writer.write(&data[..count])?;
                    writer.drain().await?;
                }
            },
            "127.0.0.1",
            0,
        )
        .await?;
        let port = server.sockets()[0].port().expect("a socket of the Internet");
        let client = thread::spawn(move || talk(port));
        while !client.is_finished() {
            sleep(0.01).await?;
        }
        client.join().expect("the client has no errors");
        server.close();
        server.wait_closed().await
    });
    served.expect("the server has no errors");
    let took = processor_time() - start;
    event_loop.close().expect("it does not run");
    took.as_secs_f64() / (CONNECTIONS * MESSAGES) as f64
}

/// All connections send, and then all receive. It never sleeps: to wake it would be work of the server's thread, and the more, the
/// slower the server is.
fn talk(port: u16) {
    let connect = |_| TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let mut streams: Vec<_> = (0..CONNECTIONS).map(connect).collect();
    for stream in &streams {
        stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).expect("a socket");
    }
    let mut message = [7; 64];
    for _ in 0..MESSAGES {
        streams.iter_mut().for_each(|stream| stream.write_all(&message).expect("it reads"));
        for stream in &mut streams {
            let mut received = 0;
            while received < message.len() {
                match stream.read(&mut message[received..]) {
                    Ok(count) => received += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => std::hint::spin_loop(),
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
