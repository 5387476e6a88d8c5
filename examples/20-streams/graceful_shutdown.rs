//! A server that finishes what it is doing on Ctrl-C: it accepts no more clients,
//! closes idle connections at once, and closes the others after the answer to their
//! current line. A job that takes too long is not waited for.
//!
//! Run it: `cargo run --example graceful_shutdown`, then `nc 127.0.0.1 8888`, and
//! there `bake cake`, for example.
//!
//! Shows: start_server, stream_wait_closed

use std::net::SocketAddr;

use asyncio::signal::{SIGINT, SIGTERM};
use asyncio::{
    Event, Result, StreamReader, StreamWriter, TimeoutError, get_running_loop, run,
    sleep, start_server, wait_for,
};
use futures_lite::future::or;
use guide_extra::println;

// ANCHOR: session
/// The next line, or nothing if the client is done or the server is stopping.
async fn next_line(reader: &mut StreamReader, stop: &Event) -> Result<String> {
    let stopped = async {
        stop.wait().await?;
        Ok(Vec::new())
    };
    // Whichever comes first. The other is dropped, and a read that is dropped has
    // consumed no bytes.
    Ok(String::from_utf8(or(stopped, reader.readline()).await?)?)
}

async fn session(
    stop: &Event,
    mut reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    loop {
        let line = next_line(&mut reader, stop).await?;
        if line.is_empty() {
            return Ok(());
        }
        let answer = work(line.trim()).await?;
        writer.write(format!("{answer}\n"))?;
        writer.drain().await?;
    }
}

async fn work(job: &str) -> Result<String> {
    println!("begin: {job}");
    sleep(job.len() as f64 / 10.0).await?;
    println!("end: {job}");
    Ok(format!("done: {job}"))
}
// ANCHOR_END: session

// ANCHOR: serve
async fn serve(address: SocketAddr) -> Result<()> {
    let stop = Event::new();
    for signal in [SIGINT, SIGTERM] {
        let stop = stop.clone();
        get_running_loop()?.add_signal_handler(signal, move || stop.set())?;
    }

    let stopping = stop.clone();
    let connected =
        async move |reader, writer| session(&stopping, reader, writer).await;
    let server = start_server(connected, address.ip(), address.port()).await?;
    println!("Serving on {}", server.sockets()[0]);

    stop.wait().await?;
    println!("stopping");
    server.close();
    match wait_for(server.wait_closed(), 5).await {
        Err(error) if error.is::<TimeoutError>() => {
            println!("giving up on the rest")
        }
        ended => ended?,
    }
    println!("stopped");
    Ok(())
}
// ANCHOR_END: serve

fn main() -> Result<()> {
    run(serve(guide_extra::arguments::address()))
}
