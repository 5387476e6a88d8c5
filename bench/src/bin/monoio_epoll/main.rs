//! monoio with its legacy driver, which is epoll.

mod local_sync_glue;
mod rt;
mod thread_channel;

#[path = "../../workloads/blocking.rs"]
mod blocking;
#[path = "../../workloads/locks.rs"]
mod locks;
#[path = "../../workloads/net.rs"]
mod net;
#[path = "../../workloads/oneshot.rs"]
mod oneshot;
#[path = "../../workloads/queues.rs"]
mod queues;
#[path = "../../workloads/tasks.rs"]
mod tasks;
#[path = "../../workloads/threads.rs"]
mod threads;
#[path = "../../workloads/timers.rs"]
mod timers;

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
