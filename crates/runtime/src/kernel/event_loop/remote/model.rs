//! The way in from other threads under a model checker: no wake-up is lost, no item is forgotten.
//!
//! loom runs a test once for every order in which its threads can take their steps, and for every value that the C11 memory
//! model allows a read to return. The code is that of `Shared`; the loop is a thread that takes and sleeps as `LoopCore` does.
//! A lost wake-up is a thread that sleeps for ever, which loom finds as a deadlock. `cargo xtask sanitize model` runs these
//! tests; only there does loom replace the standard library.

use std::sync::Arc;

use loom::cell::Cell;
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::{Call, Remote, Shared};

/// Checks all orders with at most `switches` switches away from a thread that could go on; without a limit it would take days.
fn check(switches: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(f);
}

/// Stands for an item. It is memory of loom's, so that a loop is caught that sees the item but not what was written before it.
fn item() -> Remote {
    let cell = Cell::new(0);
    cell.set(7);
    Remote::Call(Call::new(move || assert_eq!(cell.get(), 7)))
}

fn take(shared: &Shared) -> usize {
    if !shared.has_news() {
        return 0;
    }
    let run = |item| match item {
        Remote::Call(mut call) => call.run_bare(),
        Remote::Task(_) => unreachable!("there are no tasks here"),
    };
    shared.take().map(run).count()
}

type Pushers = [thread::JoinHandle<()>; 2];

fn two_push(shared: &Arc<Shared>) -> Pushers {
    [Arc::clone(shared), Arc::clone(shared)].map(|shared| thread::spawn(move || shared.push(item())))
}

/// The counting of an `Arc` is not part of the model: its content is dropped here, after all threads.
fn join(threads: Pushers) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Two threads hand something in, and the loop sleeps until it has both.
#[test]
fn every_push_ends_the_sleep() {
    check(3, || {
        let shared = Arc::new(Shared::default());
        let pushing = two_push(&shared);
        let mut taken = take(&shared);
        while taken < 2 {
            shared.sleep(thread::park);
            taken += take(&shared);
        }
        join(pushing);
    });
}

/// The same when the loop starts to watch descriptors meanwhile, and from then on sleeps in a different way.
#[test]
fn every_push_rings_the_bell() {
    check(3, || {
        let shared = Arc::new(Shared::default());
        let pushing = two_push(&shared);
        let mut taken = take(&shared);
        if taken < 2 {
            shared.sleep(thread::park);
            taken += take(&shared);
        }
        // An eventfd: ringing before the sleep starts ends it as well.
        let poller = Arc::new((Mutex::new(false), Condvar::new()));
        let notified = Arc::clone(&poller);
        shared.set_bell(move || {
            *notified.0.lock().unwrap() = true;
            notified.1.notify_one();
        });
        while taken < 2 {
            shared.sleep(|| {
                let mut rung = poller.0.lock().unwrap();
                while !*rung {
                    rung = poller.1.wait(rung).unwrap();
                }
                *rung = false;
            });
            taken += take(&shared);
        }
        join(pushing);
    });
}

/// A loop that learns that the last handle was dropped (to report a deadlock, for example) has taken all items that came
/// through it.
#[test]
fn whoever_lets_go_is_heard_of_after_what_it_handed_in() {
    check(2, || {
        let shared = Arc::new(Shared::default());
        let pushing = [Arc::clone(&shared), Arc::clone(&shared)].map(|shared| {
            shared.handle_made();
            thread::spawn(move || {
                shared.push(item());
                shared.handle_dropped();
            })
        });
        let mut taken = take(&shared);
        while !shared.is_deserted() {
            shared.sleep(thread::park);
            taken += take(&shared);
        }
        assert_eq!(taken, 2);
        join(pushing);
    });
}
