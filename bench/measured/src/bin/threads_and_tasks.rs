//! Tasks beside threads: an exchange over a socket, the start of two thousand that wait, and one switch between two.
//!
//! Shows: misconception_faster_than_threads, coroutines_switch_cheaply

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Barrier, mpsc};
use std::time::Instant;
use std::{env, thread};

use asyncio::{Result, create_task, gather, open_connection, run, sleep, start_server};
use measured::{report, time};

const EXCHANGES: u32 = 2000;
const WAITERS: u32 = 2000;
const SWITCHES: u32 = 100_000;

fn exchange_of_threads(place: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = thread::spawn(move || -> std::io::Result<()> {
        let mut byte = [0];
        while far.read(&mut byte)? == 1 {
            far.write_all(&byte)?;
        }
        Ok(())
    });
    time(&format!("one byte over a socket and back, {place}: blocking, two threads"), EXCHANGES, || {
        let mut byte = [0];
        (0..EXCHANGES).all(|_| near.write_all(&byte).and_then(|()| near.read_exact(&mut byte)).is_ok())
    });
    drop(near);
    echo.join().expect("the echo does not panic")?;
    Ok(())
}

async fn exchange_of_tasks(place: &'static str) -> Result<()> {
    let echo = async |mut reader: asyncio::StreamReader, writer: asyncio::StreamWriter| {
        while let Ok(byte) = reader.readexactly(1).await {
            writer.write(&byte)?;
        }
        Ok(())
    };
    let server = start_server(echo, "127.0.0.1", 0).await?;
    let port = server.sockets()[0].port().unwrap_or_default();
    let (mut reader, writer) = open_connection("127.0.0.1", port).await?;
    let start = Instant::now();
    for _ in 0..EXCHANGES {
        writer.write(b"x")?;
        reader.readexactly(1).await?;
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(EXCHANGES);
    report(&format!("one byte over a socket and back, {place}: streams, two tasks"), seconds, "s");
    Ok(())
}

fn start_threads() {
    let all = Arc::new(Barrier::new(WAITERS as usize + 1));
    let threads = time("start 2000 threads that wait", 1, || {
        let threads: Vec<_> = (0..WAITERS)
            .map(|_| {
                let all = all.clone();
                thread::spawn(move || all.wait())
            })
            .collect();
        all.wait();
        threads
    });
    for thread in threads {
        thread.join().expect("a thread that waits does not panic");
    }
}

async fn start_tasks() -> Result<()> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..WAITERS).map(|_| create_task(sleep(0.01))).collect();
    sleep(0).await?;
    report("start 2000 tasks that wait", start.elapsed().as_secs_f64(), "s");
    gather(tasks).await?;
    Ok(())
}

fn switch_threads() {
    let (ping, pinged) = mpsc::sync_channel::<()>(0);
    let (pong, ponged) = mpsc::sync_channel::<()>(0);
    let other = thread::spawn(move || while pinged.recv().is_ok() && pong.send(()).is_ok() {});
    time("one switch between two threads", SWITCHES / 10, || {
        for _ in 0..SWITCHES / 20 {
            let _ = ping.send(());
            let _ = ponged.recv();
        }
    });
    drop(ping);
    other.join().expect("the other thread does not panic");
}

async fn switch_tasks() -> Result<()> {
    let step = async || {
        for _ in 0..SWITCHES / 2 {
            sleep(0).await?;
        }
        Ok(())
    };
    let start = Instant::now();
    gather([step(), step()]).await?;
    report("one switch between two tasks", start.elapsed().as_secs_f64() / f64::from(SWITCHES), "s");
    Ok(())
}

fn exchanges(place: &'static str) -> Result<()> {
    exchange_of_threads(place)?;
    run(exchange_of_tasks(place))
}

fn main() -> Result<()> {
    if env::args().nth(1).is_some() {
        return exchanges("on one processor");
    }
    exchanges("on two processors")?;
    // The same, held on one processor: no wake then crosses to another.
    Command::new("taskset").args(["-c", "0"]).arg(env::current_exe()?).arg("one").status()?;
    start_threads();
    run(start_tasks())?;
    switch_threads();
    run(switch_tasks())
}
