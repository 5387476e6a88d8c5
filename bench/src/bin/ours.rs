//! This runtime.
//!
//! A task of ours ends with a `Result`, so the plain futures of the workloads are mapped to one. (An
//! `async` block around a future would store it twice.)

#[path = "../workloads/blocking.rs"]
mod blocking;
#[path = "../workloads/cancel.rs"]
mod cancel;
#[path = "../workloads/cancel_sleep.rs"]
mod cancel_sleep;
#[path = "../workloads/locks.rs"]
mod locks;
#[path = "ours/loops.rs"]
mod loops;
#[path = "../workloads/net.rs"]
mod net;
#[path = "../workloads/oneshot.rs"]
mod oneshot;
#[path = "../workloads/process.rs"]
mod process;
#[path = "../workloads/queues.rs"]
mod queues;
#[path = "../workloads/scale.rs"]
mod scale;
#[path = "../workloads/tasks.rs"]
mod tasks;
#[path = "../workloads/threads.rs"]
mod threads;
#[path = "../workloads/timers.rs"]
mod timers;

mod rt {
    use std::cell::{Cell, RefCell, RefMut};
    use std::collections::VecDeque;
    use std::net::TcpListener;
    use std::pin::Pin;
    pub use std::rc::Rc as Shared;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use futures_util::FutureExt;

    use asyncio_locks::{EventWait, Lock, LockGuard};
    use asyncio_queues::Queue;
    use asyncio_runtime::{Future as Promise, LoopHandle, Result, Task, create_task, get_running_loop};
    use asyncio_streams::{StreamReader, StreamWriter, start_server_on};
    use asyncio_subprocesses::create_subprocess_exec;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        asyncio_runtime::run(main.map(Ok)).unwrap()
    }

    pub fn spawn<F: Future<Output: 'static> + 'static>(future: F) -> Task<F::Output> {
        create_task(future.map(Ok))
    }

    pub async fn join<T: 'static>(task: Task<T>) -> T {
        task.await.unwrap()
    }

    pub fn yield_now() -> impl Future<Output = ()> {
        asyncio_runtime::sleep(0).map(Result::unwrap)
    }

    pub fn sleep(time: Duration) -> impl Future<Output = ()> {
        asyncio_runtime::sleep(time).map(Result::unwrap)
    }

    pub async fn timeout<F: Future>(time: Duration, future: F) -> bool {
        asyncio_runtime::timeout(time).run(async |_| Ok(future.await)).await.is_ok()
    }

    // Cancelling arrives as an error at what the task waits for, which therefore has to be ours.
    pub use asyncio_runtime::create_task as spawn_cancellable;
    pub use asyncio_runtime::sleep as cancellable_sleep;

    pub async fn cancellable_wait() -> Result<()> {
        get_running_loop()?.create_future().await
    }

    pub type CancellableHandle = Task<()>;

    pub async fn cancellable_lock(mutex: Shared<Mutex>) -> Result<()> {
        drop(mutex.lock.lock().await?);
        Ok(())
    }

    pub async fn lock_within(mutex: Shared<Mutex>, time: Duration) -> bool {
        asyncio_runtime::timeout(time).run(async |_| mutex.lock.lock().await).await.is_ok()
    }

    pub async fn cancel(task: Task<()>) -> bool {
        task.cancel();
        task.await.is_err_and(|error| error.is_cancelled())
    }

    /// An `asyncio.Event` wakes all and stays set; there is one waiter, which clears it.
    pub struct Event(asyncio_locks::Event);

    impl Event {
        pub fn new() -> Event {
            Event(asyncio_locks::Event::new())
        }

        pub fn notify(&self) {
            self.0.set()
        }

        pub fn wait(&self) -> WaitAndClear {
            WaitAndClear(self.0.wait())
        }
    }

    /// Written by hand: a function around the wait would also store the event.
    pub struct WaitAndClear(EventWait);

    impl Future for WaitAndClear {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0.poll_unpin(cx).map(|end| {
                end.unwrap();
                self.0.event().clear();
            })
        }
    }

    /// An `asyncio.Lock` guards no data, so the number is stored beside it.
    pub struct Mutex {
        lock: Lock,
        number: RefCell<u64>,
    }

    pub struct Guard<'a> {
        number: RefMut<'a, u64>,
        _held: LockGuard,
    }

    impl Mutex {
        pub fn new(number: u64) -> Mutex {
            Mutex { lock: Lock::new(), number: RefCell::new(number) }
        }

        pub async fn lock(&self) -> Guard<'_> {
            let held = self.lock.lock().await.unwrap();
            Guard { number: self.number.borrow_mut(), _held: held }
        }
    }

    impl std::ops::Deref for Guard<'_> {
        type Target = u64;

        fn deref(&self) -> &u64 {
            &self.number
        }
    }

    impl std::ops::DerefMut for Guard<'_> {
        fn deref_mut(&mut self) -> &mut u64 {
            &mut self.number
        }
    }

    /// Both ends are handles on one queue.
    pub fn bounded<T>(capacity: usize) -> (Queue<T>, Queue<T>) {
        let queue = Queue::new(capacity);
        (queue.clone(), queue)
    }

    pub async fn send<T: 'static>(queue: &Queue<T>, item: T) {
        queue.put(item).await.unwrap()
    }

    pub async fn receive<T>(queue: &mut Queue<T>) -> T {
        queue.get().await.unwrap()
    }

    pub fn unbounded<T>() -> (Queue<T>, Queue<T>) {
        bounded(0)
    }

    pub fn send_unbounded<T>(queue: &Queue<T>, item: T) {
        queue.put_nowait(item).unwrap()
    }

    pub use receive as receive_unbounded;

    /// Both ends are handles on one future.
    pub fn oneshot<T: 'static>() -> (Promise<T>, Promise<T>) {
        let promise = get_running_loop().unwrap().create_future();
        (promise.clone(), promise)
    }

    pub fn send_once<T: 'static>(promise: Promise<T>, item: T) {
        promise.set_result(item).unwrap()
    }

    pub async fn receive_once<T: 'static>(promise: Promise<T>) -> T {
        promise.await.unwrap()
    }

    /// The messages from the other thread, and the future that the receiver awaits.
    #[derive(Default)]
    struct Inbox {
        items: VecDeque<u64>,
        waiter: Option<Promise<()>>,
    }

    thread_local! {
        static INBOX: RefCell<Inbox> = RefCell::default();
    }

    /// Messages come by `call_soon_threadsafe`. A call can only carry what is `Send`, so it has to find the inbox by itself.
    pub fn thread_channel() -> (LoopHandle, ()) {
        (get_running_loop().unwrap().handle(), ())
    }

    pub fn send_from_thread(event_loop: &LoopHandle, item: u64) {
        let arrive = move || {
            let waiter = INBOX.with_borrow_mut(|inbox| {
                inbox.items.push_back(item);
                inbox.waiter.take()
            });
            if let Some(waiter) = waiter {
                waiter.set_result(()).unwrap();
            }
        };
        event_loop.call_soon_threadsafe(arrive).unwrap()
    }

    pub async fn receive_from_thread(_: &mut ()) -> u64 {
        loop {
            if let Some(item) = INBOX.with_borrow_mut(|inbox| inbox.items.pop_front()) {
                return item;
            }
            let waiter = get_running_loop().unwrap().create_future();
            INBOX.with_borrow_mut(|inbox| inbox.waiter = Some(waiter.clone()));
            waiter.await.unwrap();
        }
    }

    pub async fn blocking(work: fn()) {
        asyncio_runtime::to_thread(work).await.unwrap()
    }

    pub async fn run_true() -> bool {
        create_subprocess_exec("/bin/true").await.unwrap().wait().await.unwrap() == 0
    }

    /// Serves this many connections to their end.
    async fn serve<F>(listener: TcpListener, connections: usize, serve: F)
    where
        F: AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        let (left, over) = (Cell::new(connections), get_running_loop().unwrap().create_future());
        let tell = over.clone();
        let counted = async move |reader, writer| {
            serve(reader, writer).await?;
            left.set(left.get() - 1);
            if left.get() == 0 {
                tell.set_result(())?;
            }
            Ok(())
        };
        start_server_on(counted, listener).await.unwrap();
        over.await.unwrap()
    }

    pub async fn serve_echo(listener: TcpListener, connections: usize) {
        let echo = async |mut reader: StreamReader, writer: StreamWriter| {
            let mut data = [0; 4096];
            loop {
                let n = reader.readinto(&mut data).await?;
                if n == 0 {
                    return Ok(());
                }
                writer.write(&data[..n])?;
                writer.drain().await?;
            }
        };
        serve(listener, connections, echo).await
    }

    pub async fn serve_sink(listener: TcpListener) {
        let sink = async |mut reader: StreamReader, writer: StreamWriter| {
            while !reader.read(harness::CHUNK).await?.is_empty() {}
            writer.write("!")?;
            writer.drain().await
        };
        serve(listener, 1, sink).await
    }

    pub async fn serve_source(listener: TcpListener, chunks: usize) {
        let source = async move |_, writer: StreamWriter| {
            let chunk = vec![7; harness::CHUNK];
            for _ in 0..chunks {
                writer.write(&chunk)?;
                writer.drain().await?;
            }
            writer.close();
            writer.wait_closed().await
        };
        serve(listener, 1, source).await
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
        net::ROWS,
        loops::ROWS,
        oneshot::ROWS,
        threads::ROWS,
        blocking::ROWS,
        process::ROWS,
        scale::ROWS,
    ])
}
