//! One iteration of the loop: what it runs, when, and what it reports about it.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use asyncio_runtime::*;

/// Notes the passes, and counts how often the loop waits.
#[derive(Default)]
struct Notes {
    passes: RefCell<Vec<String>>,
    waits: Cell<u32>,
}

impl Observer for Notes {
    fn event(&self, event: LoopEvent<'_>) {
        match event {
            LoopEvent::PassBegins(ready) => self.passes.borrow_mut().push(format!("begins with {ready}")),
            LoopEvent::PassEnds => self.passes.borrow_mut().push("ends".to_owned()),
            LoopEvent::Idle(_) => self.waits.set(self.waits.get() + 1),
            _ => {}
        }
    }
}

// As in CPython, where `_run_once` takes a timeout of 0 for the selector if the loop is stopping.
#[test]
fn a_loop_that_was_stopped_before_it_runs_waits_for_nothing() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let called = Rc::new(Cell::new(false));
    let flag = Rc::clone(&called);
    event_loop.call_later(5, move || flag.set(true)).unwrap();
    let start = event_loop.time();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!((event_loop.time(), called.get()), (start, false));
}

// As in CPython, where a timer may be early by the resolution of the clock, and no more.
#[test]
fn a_timer_that_is_due_soon_after_another_waits_for_its_own_time() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let times = Rc::new(RefCell::new(Vec::new()));
    let start = event_loop.time();
    for delay in [1.0, 1.005] {
        let (clock, times) = (event_loop.clone(), Rc::clone(&times));
        event_loop.call_later(delay, move || times.borrow_mut().push(clock.time())).unwrap();
    }
    event_loop.run_until_complete(sleep(2)).unwrap();
    assert_eq!(*times.borrow(), [start + 1.0, start + 1.005]);
}

#[test]
fn a_pass_begins_once_and_ends_once_however_many_run_in_it() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let notes = Rc::new(Notes::default());
    event_loop.add_observer(notes.clone());
    (0..3).for_each(|_| drop(event_loop.call_soon(|| ()).unwrap()));
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(*notes.passes.borrow(), ["begins with 3", "ends"]);
}

#[test]
fn a_callback_that_comes_when_the_loop_is_closed_is_dropped_at_once() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let future = event_loop.create_future();
    event_loop.close().unwrap();
    future.set_result(()).unwrap();
    let kept = Rc::new(());
    let held = Rc::clone(&kept);
    let _ = future.add_done_callback(move |_| drop(held));
    assert_eq!(Rc::strong_count(&kept), 1);
}

#[test]
fn a_loop_that_was_a_guest_sleeps_when_it_runs_alone() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let mut guest = event_loop.host(async { Ok(()) }).unwrap();
    assert!(guest.run_ready().is_ready());
    let notes = Rc::new(Notes::default());
    event_loop.add_observer(notes.clone());
    event_loop.run_until_complete(sleep(0.02)).unwrap();
    // One wait, and perhaps some more if the system ended one early, but not thousands.
    assert!((1..10).contains(&notes.waits.get()), "{} waits", notes.waits.get());
}

#[test]
fn the_host_of_a_guest_that_has_worked_waits_anew() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    // Something may come from outside, so virtual time passes like real time.
    let (near, _far) = UnixStream::pair().unwrap();
    event_loop.add_reader(&near, || ()).unwrap();
    event_loop.call_later(1000, || ()).unwrap();
    let end = event_loop.create_future();
    let mut guest = event_loop.host(end.clone()).unwrap();
    assert!(guest.run_ready().is_pending());
    assert!(guest.run_once().is_pending());
    let left = guest.next_timeout().unwrap();
    assert!(0.0 < left && left < 1000.0, "{left}");
    event_loop.call_soon(|| ()).unwrap();
    assert!(guest.run_once().is_pending());
    assert_eq!(guest.next_timeout(), Some(1000.0));
    end.set_result(()).unwrap();
    assert!(guest.run_ready().is_ready());
}
