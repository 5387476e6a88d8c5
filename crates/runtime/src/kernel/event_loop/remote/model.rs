//! The way in from other threads under a model checker: no wake-up is lost, no item is forgotten.
//!
//! loom runs a test once for every order in which its threads can take their steps, and with every value that the memory
//! model of C11 lets a read give. The code is that of `Shared`; the loop is a thread that takes and sleeps as `LoopCore` does.
//! A lost wake-up is a thread that sleeps for ever, which loom finds as a deadlock. `cargo xtask sanitize model` runs
//! these; loom stands in for the standard library only there.

use std::sync::Arc;

use loom::cell::Cell;
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::{Call, Remote, Shared};

/// Checks all orders with at most so many switches away from a thread that could go on: without a bound it would take days.
fn check(switches: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(f);
}

/// What stands for an item: loom's memory, so that a loop that sees the item but not what was written before is caught.
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

type Threads = [thread::JoinHandle<()>; 2];

fn two_push(shared: &Arc<Shared>) -> Threads {
    [Arc::clone(shared), Arc::clone(shared)].map(|shared| thread::spawn(move || shared.push(item())))
}

/// The counting of an `Arc` is not part of the model: what it holds is dropped here, after everybody.
fn join(threads: Threads) {
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

/// The same when the loop begins to watch descriptors meanwhile: it sleeps in another way from then on.
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
        // An eventfd: what rings before the sleep begins ends it as well.
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

/// A loop that hears of the last handle's end (to report a deadlock, say) has taken all that came by it.
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
