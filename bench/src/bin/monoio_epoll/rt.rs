//! The names that the workloads use, on monoio.
//!
//! monoio has no yield: the `yield_now` of futures-lite wakes its own task, which monoio then runs again before
//! any other task. It cannot cancel a task, and has no processes.

use std::net::TcpListener as StdListener;
use std::time::Duration;

pub use futures_lite::future::yield_now;
use monoio::blocking::DefaultThreadPool;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::TcpListener;
pub use monoio::spawn;
pub use monoio::time::sleep;
use monoio::{LegacyDriver, RuntimeBuilder};
pub use std::convert::identity as join;
pub use std::rc::Rc as Shared;

pub use crate::local_sync_glue::*;
pub use crate::thread_channel::*;

pub fn run<F: Future<Output = ()> + 'static>(main: F) {
    let pool = Box::new(DefaultThreadPool::new(1));
    let builder = RuntimeBuilder::<LegacyDriver>::new().attach_thread_pool(pool);
    builder.enable_timer().build().unwrap().block_on(async { spawn(main).await })
}

pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
    monoio::time::timeout(time, future).await.is_ok()
}

pub async fn blocking(work: fn()) {
    monoio::spawn_blocking(work).await.unwrap()
}

pub async fn serve_echo(listener: StdListener, connections: usize) {
    let listener = TcpListener::from_std(listener).unwrap();
    let mut handles = Vec::new();
    for _ in 0..connections {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        handles.push(spawn(async move {
            let mut buffer = Vec::with_capacity(4096);
            loop {
                let (received, message) = stream.read(buffer).await;
                if received.unwrap() == 0 {
                    break;
                }
                let (sent, message) = stream.write_all(message).await;
                sent.unwrap();
                buffer = message;
                buffer.clear();
            }
        }));
    }
    for handle in handles {
        join(handle).await;
    }
}

pub async fn serve_sink(listener: StdListener) {
    let (mut stream, _) = TcpListener::from_std(listener).unwrap().accept().await.unwrap();
    let mut buffer = Vec::with_capacity(harness::CHUNK);
    loop {
        let (received, chunk) = stream.read(buffer).await;
        if received.unwrap() == 0 {
            break;
        }
        buffer = chunk;
        buffer.clear();
    }
    stream.write_all(b"!".to_vec()).await.0.unwrap();
}

pub async fn serve_source(listener: StdListener, chunks: usize) {
    let (mut stream, _) = TcpListener::from_std(listener).unwrap().accept().await.unwrap();
    let mut buffer = vec![7; harness::CHUNK];
    for _ in 0..chunks {
        let (sent, chunk) = stream.write_all(buffer).await;
        sent.unwrap();
        buffer = chunk;
    }
}
