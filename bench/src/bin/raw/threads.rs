//! Threads that wake a loop through an eventfd, and child processes.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use harness::{Row, Run, echo_thread, scaled};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};

pub const ROWS: &[Row] = &[
    ("xthread_rtt", xthread_rtt),
    ("xthread_flood", xthread_flood),
    ("to_thread", to_thread),
    ("subprocess", subprocess),
];

/// The threads' side of a mailbox.
struct Mailbox {
    /// Watched edge-triggered, so that it need never be read.
    wake: EventFd,
    items: Mutex<Items>,
}

#[derive(Default)]
struct Items {
    queue: VecDeque<u64>,
    /// Whether `wake` has been written since the loop last looked.
    woken: bool,
}

impl Mailbox {
    fn send(&self, item: u64) {
        let mut items = self.items.lock().unwrap();
        items.queue.push_back(item);
        let woken = std::mem::replace(&mut items.woken, true);
        drop(items);
        if !woken {
            self.wake.write(1).unwrap();
        }
    }
}

/// The loop's side.
struct Inbox {
    mailbox: Arc<Mailbox>,
    epoll: Epoll,
    /// What was taken out of the mailbox but has not been asked for.
    taken: VecDeque<u64>,
}

impl Inbox {
    fn new() -> Inbox {
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).unwrap();
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
        let edges = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(&wake, EpollEvent::new(edges, 0)).unwrap();
        let mailbox = Arc::new(Mailbox { wake, items: Mutex::default() });
        Inbox { mailbox, epoll, taken: VecDeque::new() }
    }

    fn receive(&mut self) -> u64 {
        loop {
            if let Some(item) = self.taken.pop_front() {
                return item;
            }
            self.epoll.wait(&mut [EpollEvent::empty(); 4], EpollTimeout::NONE).unwrap();
            let mut items = self.mailbox.items.lock().unwrap();
            items.woken = false;
            std::mem::swap(&mut items.queue, &mut self.taken);
        }
    }
}

fn xthread_rtt() {
    let count = scaled(50_000) as u64;
    let mut inbox = Inbox::new();
    let mailbox = inbox.mailbox.clone();
    let (ask, thread) = echo_thread(move |i| mailbox.send(i));
    let run = Run::start();
    for i in 0..count {
        ask.send(i).unwrap();
        assert_eq!(inbox.receive(), i);
    }
    run.done(count as usize);
    drop(ask);
    thread.join().unwrap();
}

fn xthread_flood() {
    let count = scaled(1_000_000) as u64;
    let mut inbox = Inbox::new();
    let mailbox = inbox.mailbox.clone();
    let run = Run::start();
    let thread = thread::spawn(move || (0..count).for_each(|i| mailbox.send(i)));
    for i in 0..count {
        assert_eq!(inbox.receive(), i);
    }
    run.done(count as usize);
    thread.join().unwrap();
}

fn to_thread() {
    let count = scaled(50_000);
    let mut inbox = Inbox::new();
    let mailbox = inbox.mailbox.clone();
    let (pool, work) = mpsc::channel::<fn()>();
    let thread = thread::spawn(move || {
        for closure in work {
            closure();
            mailbox.send(0);
        }
    });
    let run = Run::start();
    for _ in 0..count {
        pool.send(|| ()).unwrap();
        inbox.receive();
    }
    run.done(count);
    drop(pool);
    thread.join().unwrap();
}

fn subprocess() {
    let count = scaled(500);
    let run = Run::start();
    for _ in 0..count {
        assert!(Command::new("/bin/true").status().unwrap().success());
    }
    run.done(count);
}
