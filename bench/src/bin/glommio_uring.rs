//! glommio, which is io_uring, with its own local channels and semaphore. It has no processes.

#[path = "../workloads/blocking.rs"]
mod blocking;
#[path = "../workloads/cancel.rs"]
mod cancel;
#[path = "../workloads/cancel_sleep.rs"]
mod cancel_sleep;
#[path = "../workloads/locks.rs"]
mod locks;
#[path = "../workloads/net.rs"]
mod net;
#[path = "../workloads/oneshot.rs"]
mod oneshot;
#[path = "../workloads/queues.rs"]
mod queues;
#[path = "../workloads/tasks.rs"]
mod tasks;
#[path = "../glue/thread_channel.rs"]
mod thread_channel;
#[path = "../workloads/threads.rs"]
mod threads;
#[path = "../workloads/timers.rs"]
mod timers;

mod rt {
    use std::cell::{RefCell, RefMut};
    use std::future::{Pending, pending};
    use std::net::TcpListener as StdListener;
    use std::ops::{Deref, DerefMut};
    use std::os::fd::{FromRawFd, IntoRawFd};
    use std::time::Duration;

    use futures_lite::{AsyncReadExt, AsyncWriteExt};
    use glommio::channels::local_channel::{LocalReceiver, LocalSender, new_bounded};
    use glommio::net::TcpListener;
    use glommio::sync::{Permit, Semaphore};
    use glommio::{GlommioError, LocalExecutorBuilder, Placement, Task};

    pub use super::thread_channel::*;
    pub use futures_lite::future::yield_now;
    pub use glommio::channels::local_channel::{new_bounded as bounded, new_unbounded as unbounded};
    pub use glommio::timer::sleep;
    pub use glommio::{spawn_local as spawn, spawn_local as spawn_cancellable};
    pub use std::convert::identity as join;
    pub use std::rc::Rc as Shared;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let executor = LocalExecutorBuilder::new(Placement::Unbound).make().unwrap();
        executor.run(async { spawn(main).await })
    }

    pub use sleep as cancellable_sleep;

    pub fn cancellable_wait() -> Pending<()> {
        pending()
    }

    pub async fn cancel<T>(handle: Task<T>) -> bool {
        handle.cancel().await.is_none()
    }

    pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
        let ends = async {
            future.await;
            Ok::<(), GlommioError<()>>(())
        };
        glommio::timer::timeout(time, ends).await.is_ok()
    }

    /// A semaphore without permits: `notify` adds one, `wait` takes it for good.
    pub struct Event(Semaphore);

    impl Event {
        pub fn new() -> Event {
            Event(Semaphore::new(0))
        }

        pub fn notify(&self) {
            self.0.signal(1)
        }

        pub async fn wait(&self) {
            self.0.acquire(1).await.unwrap()
        }
    }

    /// A semaphore of one permit beside a cell.
    pub struct Mutex<T>(Semaphore, RefCell<T>);

    /// The value before the permit: fields are dropped in this order.
    pub struct Guard<'a, T>(RefMut<'a, T>, #[expect(dead_code, reason = "held")] Permit<'a>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T> {
            Mutex(Semaphore::new(1), RefCell::new(value))
        }

        pub async fn lock(&self) -> Guard<'_, T> {
            let permit = self.0.acquire_permit(1).await.unwrap();
            Guard(self.1.borrow_mut(), permit)
        }
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }

    pub async fn send<T>(sender: &LocalSender<T>, item: T) {
        sender.send(item).await.ok().unwrap()
    }

    pub async fn receive<T>(receiver: &mut LocalReceiver<T>) -> T {
        receiver.recv().await.unwrap()
    }

    pub fn send_unbounded<T>(sender: &LocalSender<T>, item: T) {
        sender.try_send(item).ok().unwrap()
    }

    pub use receive as receive_unbounded;

    pub fn oneshot<T>() -> (LocalSender<T>, LocalReceiver<T>) {
        new_bounded(1)
    }

    pub fn send_once<T>(sender: LocalSender<T>, item: T) {
        send_unbounded(&sender, item)
    }

    pub async fn receive_once<T>(mut receiver: LocalReceiver<T>) -> T {
        receive(&mut receiver).await
    }

    pub async fn blocking(work: fn()) {
        glommio::executor().spawn_blocking(work).await
    }

    fn adopt(listener: StdListener) -> TcpListener {
        // SAFETY: the descriptor is an open listening socket, and `into_raw_fd` gave it up.
        unsafe { TcpListener::from_raw_fd(listener.into_raw_fd()) }
    }

    pub async fn serve_echo(listener: StdListener, connections: usize) {
        let listener = adopt(listener);
        let mut handles = Vec::new();
        for _ in 0..connections {
            let mut stream = listener.accept().await.unwrap();
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
        let mut stream = adopt(listener).accept().await.unwrap();
        let mut buffer = vec![0; harness::CHUNK];
        while stream.read(&mut buffer).await.unwrap() > 0 {}
        stream.write_all(b"!").await.unwrap();
    }

    pub async fn serve_source(listener: StdListener, chunks: usize) {
        let mut stream = adopt(listener).accept().await.unwrap();
        let chunk = vec![7; harness::CHUNK];
        for _ in 0..chunks {
            stream.write_all(&chunk).await.unwrap();
        }
    }
}

fn main() {
    harness::main(&[
        tasks::ROWS,
        cancel::ROWS,
        timers::ROWS,
        cancel_sleep::ROWS,
        queues::ROWS,
        locks::ROWS,
        oneshot::ROWS,
        net::ROWS,
        threads::ROWS,
        blocking::ROWS,
    ])
}
