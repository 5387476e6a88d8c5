//! futures' `LocalPool`, with the channels and the mutex of futures. It has no timers, no I/O and no
//! processes.

#[path = "../workloads/cancel.rs"]
mod cancel;
#[path = "../workloads/locks.rs"]
mod locks;
#[path = "../workloads/oneshot.rs"]
mod oneshot;
#[path = "../workloads/queues.rs"]
mod queues;
#[path = "../workloads/tasks.rs"]
mod tasks;
#[path = "../workloads/threads.rs"]
mod threads;

mod rt {
    use std::cell::{Cell, RefCell};
    use std::future::{Pending, pending, poll_fn};
    use std::task::Poll;

    use futures::channel::{mpsc, oneshot as once};
    use futures::executor::{LocalPool, LocalSpawner};
    use futures::future::{AbortHandle, Abortable, Aborted, RemoteHandle};
    use futures::task::{AtomicWaker, LocalSpawnExt};
    use futures::{SinkExt, StreamExt};

    pub use futures::lock::Mutex;
    pub use futures_lite::future::yield_now;
    pub use std::convert::identity as join;
    pub use std::rc::Rc as Shared;

    thread_local! {
        static SPAWNER: RefCell<Option<LocalSpawner>> = const { RefCell::new(None) };
    }

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let mut pool = LocalPool::new();
        SPAWNER.set(Some(pool.spawner()));
        pool.run_until(spawn(main))
    }

    pub fn spawn<F: Future + 'static>(future: F) -> RemoteHandle<F::Output> {
        SPAWNER.with_borrow(|it| it.as_ref().unwrap().spawn_local_with_handle(future).unwrap())
    }

    /// A handle of `LocalPool` cannot cancel, or rather not be awaited then: `Abortable` does it.
    pub type Cancellable<T> = (AbortHandle, RemoteHandle<Result<T, Aborted>>);

    pub fn spawn_cancellable<F: Future + 'static>(future: F) -> Cancellable<F::Output> {
        let (abort, registration) = AbortHandle::new_pair();
        (abort, spawn(Abortable::new(future, registration)))
    }

    pub fn cancellable_wait() -> Pending<()> {
        pending()
    }

    pub async fn cancel<T: 'static>((abort, handle): Cancellable<T>) -> bool {
        abort.abort();
        handle.await.is_err()
    }

    /// futures has no event; an `AtomicWaker` is what one is made with, for one waiter.
    pub struct Event {
        set: Cell<bool>,
        waker: AtomicWaker,
    }

    impl Event {
        pub fn new() -> Event {
            Event { set: Cell::new(false), waker: AtomicWaker::new() }
        }

        pub fn notify(&self) {
            self.set.set(true);
            self.waker.wake();
        }

        pub fn wait(&self) -> impl Future<Output = ()> + '_ {
            poll_fn(|cx| {
                self.waker.register(cx.waker());
                if self.set.take() { Poll::Ready(()) } else { Poll::Pending }
            })
        }
    }

    /// A bounded sender of futures is used by `&mut`.
    pub struct Sender<T>(RefCell<mpsc::Sender<T>>);

    pub fn bounded<T>(capacity: usize) -> (Sender<T>, mpsc::Receiver<T>) {
        // Each sender has one place of its own beside the buffer.
        let (sender, receiver) = mpsc::channel(capacity - 1);
        (Sender(RefCell::new(sender)), receiver)
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "there is one producer")]
    pub async fn send<T>(sender: &Sender<T>, item: T) {
        // Not `send`, which would wait for the consumer after every item.
        sender.0.borrow_mut().feed(item).await.ok().unwrap()
    }

    pub async fn receive<T>(receiver: &mut mpsc::Receiver<T>) -> T {
        receiver.next().await.unwrap()
    }

    pub use mpsc::unbounded;

    pub fn send_unbounded<T>(sender: &mpsc::UnboundedSender<T>, item: T) {
        sender.unbounded_send(item).ok().unwrap()
    }

    pub async fn receive_unbounded<T>(receiver: &mut mpsc::UnboundedReceiver<T>) -> T {
        receiver.next().await.unwrap()
    }

    pub use {
        receive_unbounded as receive_from_thread, send_unbounded as send_from_thread, unbounded as thread_channel,
    };

    pub use once::channel as oneshot;

    pub fn send_once<T>(sender: once::Sender<T>, item: T) {
        sender.send(item).ok().unwrap()
    }

    pub async fn receive_once<T>(receiver: once::Receiver<T>) -> T {
        receiver.await.unwrap()
    }
}

fn main() {
    // A million tasks cannot wait on an event with one waiter.
    let mut locks = locks::ROWS.to_vec();
    locks.retain(|(name, _)| *name != "idle_event");
    harness::main(&[tasks::ROWS, cancel::ROWS, queues::ROWS, &locks, oneshot::ROWS, threads::ROWS])
}
