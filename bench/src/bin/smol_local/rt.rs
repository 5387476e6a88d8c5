//! The names that the workloads use, on the crates that smol is made of.
//!
//! smol has no one-shot channel (a channel of one serves) and its timeout is a race of two futures.

use std::cell::Cell;
use std::future::{Pending, pending};
use std::net::TcpListener as StdListener;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_executor::LocalExecutor;
pub use async_executor::Task as Handle;
use async_io::Timer;
pub use async_lock::Mutex;
use async_net::TcpListener;
use event_listener::listener;
pub use futures_lite::future::yield_now;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use futures_util::FutureExt;
pub use std::convert::identity as join;
pub use std::rc::Rc as Shared;

pub use {sleep as cancellable_sleep, spawn as spawn_cancellable};

thread_local! {
    static EXECUTOR: Cell<Option<&'static LocalExecutor<'static>>> = const { Cell::new(None) };
}

pub fn run<F: Future<Output = ()> + 'static>(main: F) {
    let executor: &'static LocalExecutor<'static> = Box::leak(Box::new(LocalExecutor::new()));
    EXECUTOR.set(Some(executor));
    async_io::block_on(executor.run(executor.spawn(main)))
}

pub fn spawn<F: Future + 'static>(future: F) -> Handle<F::Output> {
    EXECUTOR.get().unwrap().spawn(future)
}

pub fn cancellable_wait() -> Pending<()> {
    pending()
}

pub async fn cancel<T>(handle: Handle<T>) -> bool {
    handle.cancel().await.is_none()
}

pub fn sleep(time: Duration) -> impl Future<Output = ()> {
    Timer::after(time).map(drop)
}

pub type CancellableHandle = Handle<()>;

pub async fn cancellable_lock(mutex: Shared<Mutex<u64>>) {
    drop(mutex.lock().await);
}

pub async fn lock_within(mutex: Shared<Mutex<u64>>, time: Duration) -> bool {
    timeout(time, mutex.lock()).await
}

pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
    let ends = async {
        future.await;
        true
    };
    let expires = async {
        sleep(time).await;
        false
    };
    futures_lite::future::or(ends, expires).await
}

/// An `event_listener::Event` with a flag, so that a notification that finds nobody is kept.
pub struct Event {
    set: Cell<bool>,
    event: event_listener::Event,
}

impl Event {
    pub fn new() -> Event {
        Event { set: Cell::new(false), event: event_listener::Event::new() }
    }

    pub fn notify(&self) {
        self.set.set(true);
        self.event.notify(1);
    }

    pub async fn wait(&self) {
        while !self.set.take() {
            listener!(self.event => wait);
            // The flag may have been set before the listener was in the list.
            if self.set.take() {
                return;
            }
            wait.await;
        }
    }
}

pub use async_channel::{bounded, unbounded};

pub async fn send<T>(sender: &Sender<T>, item: T) {
    sender.send(item).await.ok().unwrap()
}

pub async fn receive<T>(receiver: &mut Receiver<T>) -> T {
    receiver.recv().await.unwrap()
}

pub fn send_unbounded<T>(sender: &Sender<T>, item: T) {
    sender.try_send(item).ok().unwrap()
}

pub use receive as receive_unbounded;
pub use {receive as receive_from_thread, send_unbounded as send_from_thread, unbounded as thread_channel};

pub fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    bounded(1)
}

pub fn send_once<T>(sender: Sender<T>, item: T) {
    send_unbounded(&sender, item)
}

pub async fn receive_once<T>(mut receiver: Receiver<T>) -> T {
    receive(&mut receiver).await
}

pub async fn blocking(work: fn()) {
    blocking::unblock(work).await
}

pub async fn run_true() -> bool {
    async_process::Command::new("/bin/true").status().await.unwrap().success()
}

pub async fn serve_echo(listener: StdListener, connections: usize) {
    let listener = TcpListener::try_from(listener).unwrap();
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
    let (mut stream, _) = TcpListener::try_from(listener).unwrap().accept().await.unwrap();
    let mut buffer = vec![0; harness::CHUNK];
    while stream.read(&mut buffer).await.unwrap() > 0 {}
    stream.write_all(b"!").await.unwrap();
}

pub async fn serve_source(listener: StdListener, chunks: usize) {
    let (mut stream, _) = TcpListener::try_from(listener).unwrap().accept().await.unwrap();
    let chunk = vec![7; harness::CHUNK];
    for _ in 0..chunks {
        stream.write_all(&chunk).await.unwrap();
    }
}
