//! Wakes from another thread into the loop.

use harness::{Row, Run, echo_thread, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[("xthread_rtt", || rt::run(xthread_rtt())), ("xthread_flood", || rt::run(xthread_flood()))];

/// One operation: the loop sends to the thread, and the thread answers.
async fn xthread_rtt() {
    let count = scaled(50_000) as u64;
    let (sender, mut receiver) = rt::thread_channel();
    let (ask, thread) = echo_thread(move |i| rt::send_from_thread(&sender, i));
    let run = Run::start();
    for i in 0..count {
        ask.send(i).unwrap();
        assert_eq!(rt::receive_from_thread(&mut receiver).await, i);
    }
    run.done(count as usize);
    drop(ask);
    thread.join().unwrap();
}

/// The thread sends without waiting for anything.
async fn xthread_flood() {
    let count = scaled(1_000_000) as u64;
    let (sender, mut receiver) = rt::thread_channel();
    let run = Run::start();
    let thread = std::thread::spawn(move || (0..count).for_each(|i| rt::send_from_thread(&sender, i)));
    for i in 0..count {
        assert_eq!(rt::receive_from_thread(&mut receiver).await, i);
    }
    run.done(count as usize);
    thread.join().unwrap();
}
