//! Panics in the places where a loop runs foreign code in the middle of its own: observers and destructors. Whatever panics, no
//! task is lost, no memory is freed twice or too early, and the loop can be closed.
//!
//! `cargo xtask sanitize` runs this under AddressSanitizer, which is what notices memory that is used after it was freed.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Poll, Waker};

use asyncio_runtime::*;

/// Panics at events with this name, as long as it is armed.
struct Panics {
    event: &'static str,
    armed: Cell<bool>,
}

impl Observer for Panics {
    fn event(&self, event: LoopEvent<'_>) {
        if self.armed.get() && format!("{event:?}").starts_with(self.event) {
            panic!("expected of the observer");
        }
    }
}

/// Panics when it is dropped, unless the thread is already panicking.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("expected of the destructor");
        }
    }
}

fn unwinds(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it must panic");
    payload.downcast_ref::<&str>().expect("a message").to_string()
}

fn quiet(event_loop: &EventLoop) {
    event_loop.set_exception_handler(Some(Box::new(|_| ())));
}

/// No task stays for ever.
fn all_go(event_loop: &EventLoop) {
    event_loop.run_until_complete(async { sleep(10).await }).unwrap();
    assert_eq!(event_loop.all_tasks(), []);
}

#[test]
fn a_panic_of_an_observer_loses_no_task() {
    for event in ["TaskCreated", "StepBegins", "StepEnds", "Woken", "CancelRequested", "TaskDone"] {
        let token = Rc::new(());
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        quiet(&event_loop);
        let observer = Rc::new(Panics { event, armed: Cell::new(false) });
        event_loop.add_observer(Rc::clone(&observer) as Rc<dyn Observer>);
        let held = Rc::clone(&token);
        let sleeping = event_loop
            .create_task(async move {
                let _held = held;
                sleep(3600).await
            })
            .unwrap();
        event_loop.run_until_complete(async { sleep(0).await }).unwrap();
        let (held, cancelled) = (Rc::clone(&token), sleeping.clone());
        let message = unwinds(|| {
            observer.armed.set(true);
            let started = event_loop.create_task(async move {
                let _held = held;
                sleep(1).await
            });
            cancelled.cancel();
            let _ = event_loop.run_until_complete(started.unwrap());
        });
        assert_eq!(message, "expected of the observer", "{event}");
        observer.armed.set(false);
        // The rest continues: the cancellation of one task, or its end by the panic. The run that has unwound may have queued
        // its stop, as in CPython.
        let _ = event_loop.run_until_complete(async { sleep(2).await });
        sleeping.cancel();
        all_go(&event_loop);
        assert!(sleeping.cancelled(), "{event}");
        drop(event_loop);
        assert_eq!(Rc::strong_count(&token), 1, "{event}");
    }
}

/// The wake-up that panics is that of a task whose only waker is its own: nothing else keeps its memory alive meanwhile.
#[test]
fn a_panic_while_a_task_is_woken_leaves_its_memory_in_place() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    quiet(&event_loop);
    let observer = Rc::new(Panics { event: "Woken", armed: Cell::new(false) });
    event_loop.add_observer(Rc::clone(&observer) as Rc<dyn Observer>);
    let task = event_loop.create_task(async { cancellable(std::future::pending::<()>()).await }).unwrap().named("kept");
    event_loop.run_until_complete(async { sleep(0).await }).unwrap();
    observer.armed.set(true);
    let aborted = task.clone();
    // Inside the loop, so that the wake-up is the loop's own.
    let message = Rc::new(RefCell::new(String::new()));
    let heard = Rc::clone(&message);
    let aborting = move || {
        *heard.borrow_mut() = unwinds(|| {
            aborted.abort();
        });
    };
    event_loop.call_soon(aborting).unwrap();
    let stop = event_loop.clone();
    event_loop.call_later(1, move || stop.stop()).unwrap();
    event_loop.run_forever().unwrap();
    observer.armed.set(false);
    assert_eq!(*message.borrow(), "expected of the observer");
    assert_eq!(&*task.get_name(), "kept");
    assert!(task.cancelled());
    assert!(!task.abort());
    all_go(&event_loop);
}

#[test]
fn a_result_that_nobody_takes_may_panic_when_it_goes() {
    for clones in 0..2 {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let other = event_loop.create_task(async { sleep_result(1, "other").await }).unwrap();
        let task = event_loop.create_task(async { Ok(Bomb) }).unwrap();
        let handles = vec![task; clones];
        let message = unwinds(|| {
            event_loop.run_until_complete(async { sleep(0.5).await }).unwrap();
            drop(handles);
        });
        assert_eq!(message, "expected of the destructor");
        assert_eq!(event_loop.run_until_complete(other).unwrap(), "other");
        all_go(&event_loop);
    }
}

/// Everything that other threads submit at one time is one entry of the queue.
#[test]
fn what_other_threads_hand_in_is_not_lost_with_a_panic_of_the_first() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    quiet(&event_loop);
    let (wakers, log) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
    for number in 0..4 {
        let (wakers, log) = (Rc::clone(&wakers), Rc::clone(&log));
        let mut polled = false;
        let task = event_loop.create_task(async move {
            poll_fn(|cx| {
                if std::mem::replace(&mut polled, true) {
                    return Poll::Ready(());
                }
                wakers.borrow_mut().push(cx.waker().clone());
                Poll::Pending
            })
            .await;
            log.borrow_mut().push(number);
            Ok((number == 1).then_some(Bomb))
        });
        drop(task);
    }
    event_loop.run_until_complete(async { sleep(0).await }).unwrap();
    let woken: Vec<_> = wakers.take();
    std::thread::spawn(move || woken.into_iter().for_each(Waker::wake)).join().unwrap();
    let run = || event_loop.run_until_complete(async { sleep(0).await });
    assert_eq!(unwinds(|| drop(run())), "expected of the destructor");
    assert_eq!(*log.borrow(), [0, 1]);
    let _ = run();
    assert_eq!(*log.borrow(), [0, 1, 2, 3]);
    all_go(&event_loop);
}

#[test]
fn a_result_that_a_late_cancellation_replaces_may_panic_when_it_goes() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let task = event_loop
        .create_task(async {
            current_task()?.expect("a task runs").cancel();
            Ok(Bomb)
        })
        .unwrap();
    let message = unwinds(|| event_loop.run_until_complete(async { sleep(1).await }).unwrap());
    assert_eq!(message, "expected of the destructor");
    assert!(task.cancelled());
    all_go(&event_loop);
}

/// The wait itself holds the last handle on a future whose value panics when it is dropped.
#[test]
fn what_a_task_waited_on_may_panic_when_it_goes() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let token = Rc::new(());
    let held = Rc::clone(&token);
    let task = event_loop
        .create_task(async move {
            let _held = held;
            let future = get_running_loop()?.create_future();
            let mut waiting = Box::pin(future.join());
            let mut once = Some(future);
            std::future::poll_fn(|cx| {
                // It waits, and drops the future, but the task still notes that it waits for it.
                if let Some(future) = once.take() {
                    assert!(std::pin::Pin::new(&mut waiting).poll(cx).is_pending());
                    waiting = Box::pin(get_running_loop().unwrap().create_future::<Bomb>().join());
                    future.set_result(Bomb).unwrap();
                    cx.waker().wake_by_ref();
                }
                std::task::Poll::<Result<()>>::Pending
            })
            .await
        })
        .unwrap();
    let message = unwinds(|| event_loop.run_until_complete(async { sleep(1).await }).unwrap());
    assert_eq!(message, "expected of the destructor");
    assert!(task.cancelled());
    assert_eq!(Rc::strong_count(&token), 1);
    all_go(&event_loop);
}

/// A callback of a descriptor is dropped when it is replaced or removed; what it holds may use the loop then.
#[test]
fn a_callback_of_a_descriptor_may_use_the_loop_when_it_goes() {
    struct Uses(EventLoop, Rc<UnixStream>, Rc<Cell<u32>>);
    impl Drop for Uses {
        fn drop(&mut self) {
            self.0.add_writer(&*self.1, || ()).unwrap();
            self.0.remove_writer(&*self.1).unwrap();
            self.2.set(self.2.get() + 1);
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let (stream, _peer) = UnixStream::pair().unwrap();
    let (stream, dropped) = (Rc::new(stream), Rc::new(Cell::new(0)));
    for _ in 0..2 {
        let uses = Uses(event_loop.clone(), Rc::clone(&stream), Rc::clone(&dropped));
        event_loop
            .add_reader(&*stream, move || {
                let _ = &uses;
            })
            .unwrap();
    }
    assert_eq!(dropped.get(), 1);
    event_loop.remove_reader(&*stream).unwrap();
    assert_eq!(dropped.get(), 2);
    // The callback of a descriptor that cannot be watched is not kept either.
    let file = std::fs::File::open("Cargo.toml").unwrap();
    let uses = Uses(event_loop.clone(), stream, Rc::clone(&dropped));
    let watching = event_loop.add_reader(&file, move || {
        let _ = &uses;
    });
    assert!(watching.is_err());
    assert_eq!(dropped.get(), 3);
}

/// A policy is asked while no part of the loop is borrowed.
#[test]
fn a_policy_may_use_the_loop() {
    struct Calls(EventLoop, Rc<Cell<u32>>);
    impl SchedulingPolicy for Calls {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            if self.1.get() < 3 {
                let count = Rc::clone(&self.1);
                self.0.call_soon(move || count.set(count.get() + 1)).unwrap();
            }
            0
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let count = Rc::new(Cell::new(0));
    event_loop.set_scheduling_policy(Some(Box::new(Calls(event_loop.clone(), Rc::clone(&count)))));
    event_loop.run_until_complete(async { sleep(1).await }).unwrap();
    assert!(count.get() >= 3);
}

/// If the task is cancelled at its last step, its result is dropped. The destructor may ask for the task's name, and may panic:
/// the task is still there, and no other is mistaken for it.
#[test]
fn a_result_that_goes_before_the_task_is_over_finds_it_in_place() {
    struct Asks(bool);
    impl Drop for Asks {
        fn drop(&mut self) {
            let myself = current_task().unwrap().expect("a step");
            assert_eq!(&*myself.get_name(), "asking");
            assert!(all_tasks().unwrap().contains(&myself));
            if self.0 {
                panic!("expected of the destructor");
            }
        }
    }
    for panics in [false, true] {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        quiet(&event_loop);
        let others: Vec<_> = (0..100).map(|_| event_loop.create_task(async { sleep(5).await }).unwrap()).collect();
        let names: Vec<_> = others.iter().map(|task| task.get_name()).collect();
        let asking = event_loop.create_task(async move {
            current_task()?.expect("a task").cancel();
            Ok(Asks(panics))
        });
        let asking = asking.unwrap().named("asking");
        let run = catch_unwind(AssertUnwindSafe(|| event_loop.run_until_complete(async { sleep(1).await })));
        assert_eq!(run.is_err(), panics);
        assert!(asking.cancelled());
        assert_eq!(&*asking.get_name(), "asking");
        let left = event_loop.all_tasks();
        assert!(others.iter().all(|task| left.contains(&task.as_task())));
        assert!(others.iter().zip(&names).all(|(task, name)| task.get_name() == *name));
        all_go(&event_loop);
    }
}
