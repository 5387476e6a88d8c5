//! A server on all processors: one loop for each thread, and a listener for each
//! loop, between which the system shares out the clients. Each loop has its own
//! state, which no other thread sees; the loops talk to each other by their
//! handles. Ctrl-C ends them all.
//!
//! Run it: `cargo run --example several_loops -- --loops 2`. Then send it lines,
//! with `nc 127.0.0.1 8888`; the line `total` asks how many lines there were in all
//! loops. `--work 1000` computes for a millisecond for each line. With `--acceptor`
//! the main loop accepts all clients and hands them over, one to each loop in turn.

use std::cell::Cell;
use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use asyncio::{
    AsyncIterator, Event, KeyboardInterrupt, LoopHandle, Result, StreamReader,
    StreamWriter, create_task, get_running_loop, io::AsyncFd, open_connection_on,
    run, run_coroutine_threadsafe, sleep, start_server, to_thread,
};
use clap::Parser;
use clap::builder::RangedI64ValueParser;
use guide_extra::println;

type Count = RangedI64ValueParser<u8>;

#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 lets the system choose one
    #[arg(default_value = "127.0.0.1:8888")]
    address: SocketAddr,
    /// How many loops, each in a thread of its own
    #[arg(long, default_value_t = 2, value_parser = Count::new().range(1..))]
    loops: u8,
    /// Microseconds of computing for each line
    #[arg(long, default_value_t = 0)]
    work: u64,
    /// One loop accepts for all, instead of a listener for each
    #[arg(long)]
    acceptor: bool,
}

// ANCHOR: state
thread_local! {
    /// How many lines this loop has answered.
    static ANSWERED: Cell<u64> = const { Cell::new(0) };
    /// Tells this loop to stop.
    static STOP: Event = Event::new();
}

/// The handles of all loops, the only thing that they share.
static LOOPS: OnceLock<Vec<LoopHandle>> = OnceLock::new();

fn loops() -> &'static [LoopHandle] {
    LOOPS.get().map_or(&[], Vec::as_slice)
}
// ANCHOR_END: state

// ANCHOR: echo
async fn echo(
    mut reader: StreamReader,
    writer: StreamWriter,
    work: Duration,
) -> Result<()> {
    while let Some(line) = reader.anext().await? {
        let begun = Instant::now();
        while begun.elapsed() < work {}
        match line.as_slice() {
            b"total\n" => writer.write(format!("{}\n", total().await?))?,
            line => {
                ANSWERED.set(ANSWERED.get() + 1);
                writer.write(line)?;
            }
        }
        writer.drain().await?;
    }
    Ok(())
}
// ANCHOR_END: echo

// ANCHOR: total
/// Asks each loop for its number, in that loop's thread.
async fn total() -> Result<u64> {
    let ask =
        |handle| run_coroutine_threadsafe(async || Ok(ANSWERED.get()), handle);
    let answers = loops().iter().map(ask).collect::<Result<Vec<_>, _>>()?;
    // This loop has to go on meanwhile: it is one of those that are asked.
    to_thread(move || answers.iter().map(|answer| answer.result(5)).sum()).await?
}
// ANCHOR_END: total

// ANCHOR: serve
/// Serves on a loop of its own until it is told to stop. Says at which port, and
/// which loop it is. With an acceptor it has no port: its clients are handed over.
fn serve(
    address: Option<SocketAddr>,
    work: Duration,
    ready: Sender<(u16, LoopHandle)>,
) -> Result<()> {
    run(async move {
        let mut port = 0;
        if let Some(address) = address {
            let echo = async move |reader, writer: StreamWriter| {
                echo(reader, writer, work).await
            };
            let server = start_server(echo, address.ip(), address.port())
                .reuse_port(true)
                .await?;
            port = server.sockets()[0].port().unwrap_or_default();
        }
        // Whoever started this thread waits for it.
        let _ = ready.send((port, get_running_loop()?.handle()));
        STOP.with(Event::clone).wait().await
    })
}
// ANCHOR_END: serve

// ANCHOR: acceptor
/// Accepts for all loops, and hands each client over to the next one.
async fn accept(listener: TcpListener, work: Duration) -> Result<()> {
    let listener = AsyncFd::new(listener)?;
    for event_loop in loops().iter().cycle() {
        let (socket, _) = listener.read_with(TcpListener::accept).await?;
        event_loop.call_soon_threadsafe(move || {
            // A client that has gone already has no connection.
            if let Ok((reader, writer)) = open_connection_on(socket) {
                create_task(echo(reader, writer, work));
            }
        })?;
    }
    Ok(())
}
// ANCHOR_END: acceptor

/// The main thread has a loop too, because Ctrl-C is delivered there.
async fn wait_for_ctrl_c() -> Result<()> {
    loop {
        sleep(3600).await?;
    }
}

fn main() -> Result<()> {
    let Arguments { mut address, loops: count, work, acceptor } =
        Arguments::parse();
    let work = Duration::from_micros(work);
    let listener = acceptor.then(|| TcpListener::bind(address)).transpose()?;
    let (mut threads, mut handles) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (ready, is_ready) = channel();
        let its_own = (!acceptor).then_some(address);
        threads.push(thread::spawn(move || serve(its_own, work, ready)));
        // Without an answer the thread has failed, and says why below.
        let Ok((port, handle)) = is_ready.recv() else { break };
        // The first loop has found the port, and the others share it.
        address.set_port(port);
        handles.push(handle);
    }
    LOOPS.get_or_init(|| handles);
    if let Some(listener) = &listener {
        address = listener.local_addr()?;
    }
    if loops().len() == usize::from(count) {
        println!("Serving on ('{}', {})", address.ip(), address.port());
        println!("with {count} loops");
        let ended = match listener {
            Some(listener) => run(accept(listener, work)),
            None => run(wait_for_ctrl_c()),
        };
        match ended {
            Err(error) if error.is::<KeyboardInterrupt>() => {}
            ended => ended?,
        }
    }
    for handle in loops() {
        handle.call_soon_threadsafe(|| STOP.with(Event::set))?;
    }
    for thread in threads {
        thread.join().expect("a loop does not panic")?;
    }
    println!("all loops have ended");
    Ok(())
}
