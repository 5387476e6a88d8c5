//! What a scheduling policy sees, and what its choice does.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::rc::Rc;

use asyncio_runtime::*;

/// Notes what each entry is, and chooses the first.
struct Notes(Rc<RefCell<Vec<String>>>);

impl SchedulingPolicy for Notes {
    fn next(&mut self, ready: &Choices<'_>) -> usize {
        // The last index is past the end.
        let entries = (0..=ready.len()).map(|index| {
            let shown = [ready.is_task(index), ready.task(index).is_some(), ready.scheduled(index).is_some()];
            match shown {
                [true, true, false] => "task",
                [false, false, true] => "call",
                [false, false, false] => "nothing",
                _ => "two things at once",
            }
        });
        self.0.borrow_mut().push(entries.collect::<Vec<_>>().join(", "));
        0
    }
}

#[test]
fn a_policy_is_shown_each_entry_as_what_it_is() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let notes = Rc::default();
    event_loop.set_scheduling_policy(Some(Box::new(Notes(Rc::clone(&notes)))));
    event_loop.call_soon(|| ()).unwrap();
    let task = event_loop.create_task(async { Ok(()) }).unwrap();
    event_loop.call_soon(|| ()).unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert!(task.done());
    assert_eq!(*notes.borrow(), ["call, task, call, nothing", "task, call, nothing", "call, nothing"]);
}

#[test]
fn a_timer_that_was_cancelled_is_no_choice() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let notes = Rc::default();
    event_loop.set_scheduling_policy(Some(Box::new(Notes(Rc::clone(&notes)))));
    let [_, second] = [1, 1].map(|delay| event_loop.call_later(delay, || ()).unwrap());
    second.cancel();
    event_loop.run_until_complete(sleep(2)).unwrap();
    // The task's first step, the timer, the timer of the sleep, the step that it woke, and the callback that stops the loop.
    let [task, call] = ["task, nothing", "call, nothing"];
    assert_eq!(*notes.borrow(), [task, call, call, task, call]);
}

#[test]
fn an_index_behind_the_last_entry_chooses_the_last() {
    struct Beyond;
    impl SchedulingPolicy for Beyond {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            usize::MAX
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_scheduling_policy(Some(Box::new(Beyond)));
    let order: Rc<RefCell<Vec<u32>>> = Rc::default();
    for number in 1..=3 {
        let order = Rc::clone(&order);
        event_loop.call_soon(move || order.borrow_mut().push(number)).unwrap();
    }
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(*order.borrow(), [3, 2, 1]);
}

#[test]
fn a_policy_does_not_hold_the_clock_up_when_nothing_is_ready() {
    struct Back;
    impl SchedulingPolicy for Back {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            0
        }
        fn advance(&mut self, now: f64, _deadline: f64, _ready: usize) -> f64 {
            now - 5.0
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_scheduling_policy(Some(Box::new(Back)));
    let start = event_loop.time();
    event_loop.run_until_complete(sleep(2)).unwrap();
    assert_eq!(event_loop.time(), start + 2.0);
}
