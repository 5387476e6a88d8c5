//! Loops beside each other, loops that wait for another thread, and what a loop drops when it is closed.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use asyncio_runtime::*;

thread_local! {
    /// What another thread completes by a call: a future stays in its thread.
    static AWAITED: RefCell<Option<Future<()>>> = const { RefCell::new(None) };
}

/// Calls a function with the time limit of each wait.
struct Waits<F>(F);

impl<F: Fn(Option<f64>)> Observer for Waits<F> {
    fn event(&self, event: LoopEvent<'_>) {
        if let LoopEvent::Idle(limit) = event {
            (self.0)(limit);
        }
    }
}

/// Awaits a future that another thread completes once the loop waits. All that the loop knows of the thread is its handle.
fn completed_from_outside(event_loop: &EventLoop) {
    let (tell, waits) = mpsc::channel();
    let handle = event_loop.handle();
    let thread = thread::spawn(move || {
        // `recv` fails if the loop has given up.
        if waits.recv().is_ok() {
            let complete = || AWAITED.take().expect("it is awaited").set_result(()).expect("it is pending");
            handle.call_soon_threadsafe(complete).unwrap();
        }
    });
    let observer: Rc<dyn Observer> = Rc::new(Waits(move |_| _ = tell.send(())));
    event_loop.add_observer(Rc::clone(&observer));
    let future = event_loop.create_future();
    AWAITED.set(Some(future.clone()));
    let result = event_loop.run_until_complete(future);
    event_loop.remove_observer(&observer);
    drop(observer);
    thread.join().unwrap();
    result.unwrap();
}

#[test]
fn a_thread_that_has_a_handle_may_still_hand_something_in() {
    completed_from_outside(&EventLoop::with_clock(Clock::Virtual));
}

#[test]
fn a_thread_ends_the_wait_for_a_descriptor() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let (near, _far) = UnixStream::pair().unwrap();
    event_loop.add_reader(&near, || ()).unwrap();
    // Often, because a thread that is too quick finds the loop still awake.
    (0..100).for_each(|_| completed_from_outside(&event_loop));
    assert!(event_loop.remove_reader(&near).unwrap());
}

#[test]
fn a_task_that_is_woken_while_another_loop_runs_runs_in_its_own() {
    let [one, two] = [(); 2].map(|()| EventLoop::with_clock(Clock::Virtual));
    let future = two.create_future();
    let awaited = future.clone();
    let task = two.create_task(async move { awaited.await }).unwrap();
    two.run_until_complete(async { sleep(0).await }).unwrap();
    one.run_until_complete(async move {
        future.set_result(())?;
        sleep(1).await
    })
    .unwrap();
    assert!(!task.done());
    two.run_until_complete(task).unwrap();
}

// As with asyncio's selectors, which round up to the millisecond, and its `MAXIMUM_SELECT_TIMEOUT`.
#[test]
fn a_loop_waits_until_its_timer_is_due_but_no_longer_than_a_day() {
    for delay in [0.0105, 1e12] {
        let event_loop = EventLoop::with_clock(Clock::Real);
        let future = event_loop.create_future();
        AWAITED.set(Some(future.clone()));
        let (clock, due) = (event_loop.clone(), event_loop.time() + delay);
        let waits = Rc::new(Cell::new(0));
        let count = Rc::clone(&waits);
        event_loop.add_observer(Rc::new(Waits(move |limit: Option<f64>| {
            let limit = limit.expect("there is a timer");
            let day = 86400.0;
            assert!(limit >= (due - clock.time()).min(day) && limit <= day, "it would wait {limit} seconds");
            count.set(count.get() + 1);
            // It does not wait at all: this is news.
            let complete = || AWAITED.take().into_iter().for_each(|future| future.set_result(()).unwrap());
            clock.handle().call_soon_threadsafe(complete).unwrap();
        })));
        let timer = event_loop.call_at(due, || ()).unwrap();
        event_loop.run_until_complete(future).unwrap();
        assert!(waits.get() > 0);
        timer.cancel();
        event_loop.close().unwrap();
    }
}

#[test]
fn a_closed_loop_lets_go_of_its_policy() {
    struct First(#[expect(dead_code, reason = "it is only kept")] Rc<()>);
    impl SchedulingPolicy for First {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            0
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let kept = Rc::new(());
    event_loop.set_scheduling_policy(Some(Box::new(First(Rc::clone(&kept)))));
    event_loop.close().unwrap();
    assert_eq!(Rc::strong_count(&kept), 1);
}

#[test]
fn a_loop_that_an_observer_closes_as_it_hears_of_its_end_is_closed_once() {
    struct Closes(EventLoop, Cell<u32>);
    impl Observer for Closes {
        fn event(&self, event: LoopEvent<'_>) {
            if let LoopEvent::Closed = event {
                self.1.set(self.1.get() + 1);
                assert!(self.1.get() < 10, "it is closed again and again");
                self.0.close().unwrap();
            }
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let closes = Rc::new(Closes(event_loop.clone(), Cell::new(0)));
    event_loop.add_observer(closes.clone());
    event_loop.close().unwrap();
    assert_eq!(closes.1.get(), 1);
}

#[test]
fn a_timer_that_has_fired_is_not_cancelled() {
    struct Cancelled(Cell<u32>);
    impl Observer for Cancelled {
        fn event(&self, event: LoopEvent<'_>) {
            if let LoopEvent::TimerCancelled(_) = event {
                self.0.set(self.0.get() + 1);
            }
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let cancelled = Rc::new(Cancelled(Cell::new(0)));
    event_loop.add_observer(cancelled.clone());
    let timer = event_loop.call_later(1, || ()).unwrap();
    event_loop.run_until_complete(sleep(2)).unwrap();
    timer.cancel();
    // A sleep that is over and is dropped before its task runs again.
    let task = event_loop.create_task(sleep(1)).unwrap();
    let abort = task.clone();
    event_loop.call_later(1, move || _ = abort.abort()).unwrap();
    event_loop.run_until_complete(sleep(2)).unwrap();
    assert!(task.cancelled());
    assert_eq!(cancelled.0.get(), 0);
}
