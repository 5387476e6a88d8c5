//! A server that sends back what it gets, for the programs that measure what it costs to watch one.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{Clock, EventLoop, StreamReader, StreamWriter, sleep, start_server};
use rustix::time::{ClockId, clock_gettime};

/// How many clients there are.
pub const CONNECTIONS: usize = 64;

/// How many messages each sends.
pub const MESSAGES: usize = 400;

/// What one message costs, in seconds.
#[derive(Clone, Copy)]
pub struct Cost {
    /// The processor time of the server's thread.
    pub server: f64,
    /// The processor time of all threads but the client's.
    pub threads: f64,
    /// The time that passes on the clock.
    pub wall: f64,
}

/// Serves all messages. `watch` is called with the loop before it runs.
pub fn serve(watch: impl FnOnce(&EventLoop)) -> Cost {
    let event_loop = EventLoop::with_clock(Clock::Real);
    watch(&event_loop);
    let (start, all_start) = (processor_time(), time_of(ClockId::ProcessCPUTime));
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
        let talked = client.join().expect("the client has no errors");
        server.close();
        server.wait_closed().await?;
        Ok(talked)
    });
    let talked = served.expect("the server has no errors");
    let server = processor_time() - start;
    // What watches may have threads, which end with the loop.
    event_loop.close().expect("it does not run");
    let threads = time_of(ClockId::ProcessCPUTime) - all_start - talked.processor;
    let each = |time: Duration| time.as_secs_f64() / (CONNECTIONS * MESSAGES) as f64;
    Cost { server: each(server), threads: each(threads), wall: each(talked.wall) }
}

/// All connections send, and then all receive. It never sleeps: to wake it would be work of the server's thread, and the more, the
/// slower the server is.
fn talk(port: u16) -> Talked {
    let connect = |_| TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let mut streams: Vec<_> = (0..CONNECTIONS).map(connect).collect();
    for stream in &streams {
        stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).expect("a socket");
    }
    let (mut message, start) = ([7; 64], Instant::now());
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
    Talked { processor: processor_time(), wall: start.elapsed() }
}

/// What the client has taken, in processor time of its thread and on the clock.
struct Talked {
    processor: Duration,
    wall: Duration,
}

/// The processor time of this thread.
#[must_use]
pub fn processor_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}
