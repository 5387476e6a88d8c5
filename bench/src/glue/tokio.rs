//! What the tokio peers share. The program adds `run` and `spawn`.

use std::future::{Pending, pending};
use std::net::TcpListener as StdListener;
use std::time::Duration;

pub use std::sync::Arc as Shared;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
pub use tokio::sync::Mutex;
pub use tokio::sync::oneshot::channel as oneshot;
use tokio::sync::{Notify, mpsc, oneshot as once};
pub use tokio::task::JoinHandle as Handle;
pub use tokio::task::yield_now;
pub use tokio::time::sleep;

use crate::rt::spawn;

pub use crate::rt::spawn as spawn_cancellable;
pub use sleep as cancellable_sleep;

pub fn cancellable_wait() -> Pending<()> {
    pending()
}

pub async fn join<T>(handle: Handle<T>) -> T {
    handle.await.unwrap()
}

pub async fn cancel<T>(handle: Handle<T>) -> bool {
    handle.abort();
    handle.await.is_err_and(|error| error.is_cancelled())
}

pub type CancellableHandle = Handle<()>;

pub async fn cancellable_lock(mutex: Shared<Mutex<u64>>) {
    drop(mutex.lock().await);
}

pub async fn lock_within(mutex: Shared<Mutex<u64>>, time: Duration) -> bool {
    timeout(time, mutex.lock()).await
}

pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
    tokio::time::timeout(time, future).await.is_ok()
}

pub struct Event(Notify);

impl Event {
    pub fn new() -> Event {
        Event(Notify::new())
    }

    pub fn notify(&self) {
        self.0.notify_one()
    }

    pub fn wait(&self) -> impl Future<Output = ()> + '_ {
        self.0.notified()
    }
}

pub fn bounded<T>(capacity: usize) -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
    mpsc::channel(capacity)
}

pub async fn send<T>(sender: &mpsc::Sender<T>, item: T) {
    sender.send(item).await.ok().unwrap()
}

pub async fn receive<T>(receiver: &mut mpsc::Receiver<T>) -> T {
    receiver.recv().await.unwrap()
}

pub use mpsc::unbounded_channel as unbounded;

pub fn send_unbounded<T>(sender: &mpsc::UnboundedSender<T>, item: T) {
    sender.send(item).ok().unwrap()
}

pub async fn receive_unbounded<T>(receiver: &mut mpsc::UnboundedReceiver<T>) -> T {
    receiver.recv().await.unwrap()
}

pub use {receive_unbounded as receive_from_thread, send_unbounded as send_from_thread, unbounded as thread_channel};

pub fn send_once<T>(sender: once::Sender<T>, item: T) {
    sender.send(item).ok().unwrap()
}

pub async fn receive_once<T>(receiver: once::Receiver<T>) -> T {
    receiver.await.unwrap()
}

pub async fn blocking(work: fn()) {
    tokio::task::spawn_blocking(work).await.unwrap()
}

pub async fn run_true() -> bool {
    tokio::process::Command::new("/bin/true").status().await.unwrap().success()
}

pub async fn serve_echo(listener: StdListener, connections: usize) {
    let listener = TcpListener::from_std(listener).unwrap();
    let mut handles = Vec::new();
    for _ in 0..connections {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        handles.push(spawn(async move {
            let mut buffer = vec![0; 4096];
            loop {
                match stream.read(&mut buffer).await.unwrap() {
                    0 => break,
                    n => stream.write_all(&buffer[..n]).await.unwrap(),
                }
            }
        }));
    }
    for handle in handles {
        join(handle).await;
    }
}

pub async fn serve_sink(listener: StdListener) {
    let (mut stream, _) = TcpListener::from_std(listener).unwrap().accept().await.unwrap();
    let mut buffer = vec![0; harness::CHUNK];
    while stream.read(&mut buffer).await.unwrap() > 0 {}
    stream.write_all(b"!").await.unwrap();
}

pub async fn serve_source(listener: StdListener, chunks: usize) {
    let (mut stream, _) = TcpListener::from_std(listener).unwrap().accept().await.unwrap();
    let chunk = vec![7; harness::CHUNK];
    for _ in 0..chunks {
        stream.write_all(&chunk).await.unwrap();
    }
}
