//! monoio with its legacy driver, which is epoll.

#[path = "../workloads/blocking.rs"]
mod blocking;
#[path = "../glue/monoio.rs"]
mod glue;
#[path = "../glue/local_sync.rs"]
mod local_sync_glue;
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
    use monoio::blocking::DefaultThreadPool;
    use monoio::{LegacyDriver, RuntimeBuilder};

    pub use super::glue::*;
    pub use super::local_sync_glue::*;
    pub use super::thread_channel::*;

    pub fn run<F: Future<Output = ()> + 'static>(main: F) {
        let pool = Box::new(DefaultThreadPool::new(1));
        let builder = RuntimeBuilder::<LegacyDriver>::new().attach_thread_pool(pool);
        builder.enable_timer().build().unwrap().block_on(async { spawn(main).await })
    }
}

fn main() {
    harness::main(&[
        tasks::ROWS,
        timers::ROWS,
        queues::ROWS,
        locks::ROWS,
        oneshot::ROWS,
        net::ROWS,
        threads::ROWS,
        blocking::ROWS,
    ])
}
