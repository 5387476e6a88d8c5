//! compio, which is io_uring here, with the channels of local-sync.

#[path = "../glue/local_sync.rs"]
mod local_sync_glue;
#[path = "../glue/thread_channel.rs"]
mod thread_channel;
#[path = "../workloads/mod.rs"]
mod workloads;

mod rt {
    use std::future::{Pending, pending};
    use std::net::TcpListener as StdListener;
    use std::time::Duration;

    use compio::BufResult;
    use compio::io::{AsyncRead, AsyncWriteExt};
    use compio::net::TcpListener;
    use compio::runtime::{JoinHandle, Runtime};

    pub use super::local_sync_glue::*;
    pub use super::thread_channel::*;
    pub use compio::runtime::{spawn, spawn as spawn_cancellable};
    pub use compio::time::sleep;
    pub use futures_lite::future::yield_now;
    pub use std::rc::Rc as Shared;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let runtime = Runtime::new().unwrap();
        assert!(runtime.driver_type().is_iouring(), "this kernel has no io_uring for us");
        runtime.block_on(async { spawn(main).await.unwrap() })
    }

    pub async fn join<T>(handle: JoinHandle<T>) -> T {
        handle.await.unwrap()
    }

    pub use sleep as cancellable_sleep;

    pub fn cancellable_wait() -> Pending<()> {
        pending()
    }

    pub async fn cancel<T>(handle: JoinHandle<T>) -> bool {
        handle.cancel().await.is_none()
    }

    pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
        compio::time::timeout(time, future).await.is_ok()
    }

    pub async fn blocking(work: fn()) {
        compio::runtime::spawn_blocking(work).await.unwrap()
    }

    pub async fn run_true() -> bool {
        let child = compio::process::Command::new("/bin/true").spawn().unwrap();
        child.wait().await.unwrap().success()
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
                    let BufResult(received, message) = stream.read(buffer).await;
                    if received.unwrap() == 0 {
                        break;
                    }
                    let BufResult(sent, message) = stream.write_all(message).await;
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
            let BufResult(received, chunk) = stream.read(buffer).await;
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
            let BufResult(sent, chunk) = stream.write_all(buffer).await;
            sent.unwrap();
            buffer = chunk;
        }
    }
}

fn main() {
    harness::main(workloads::ALL)
}
