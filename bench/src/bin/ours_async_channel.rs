//! This runtime with async-channel instead of its own queue: which of the two is to thank or to blame.
//!
//! The rows of queues only; a channel of async-channel may be used from other threads, a queue of ours may not.

#[path = "../workloads/queues.rs"]
mod queues;

mod rt {
    use async_channel::{Receiver, Sender};
    pub use async_channel::{bounded, unbounded};
    use asyncio_runtime::{Result, Task, create_task};
    use futures_util::FutureExt;

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
}

fn main() {
    harness::main(&[queues::ROWS])
}
