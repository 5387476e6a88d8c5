//! What an observer sees beside the life of tasks, what a policy may choose, and what every loop is told to.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_runtime::*;

/// Notes what a function returns for each event.
struct Notes<F>(RefCell<Vec<String>>, F);

impl<F: Fn(LoopEvent<'_>) -> Option<String>> Notes<F> {
    fn new(f: F) -> Rc<Self> {
        Rc::new(Self(RefCell::default(), f))
    }

    fn all(&self) -> Vec<String> {
        self.0.take()
    }
}

impl<F: Fn(LoopEvent<'_>) -> Option<String>> Observer for Notes<F> {
    fn event(&self, event: LoopEvent<'_>) {
        let note = (self.1)(event);
        self.0.borrow_mut().extend(note);
    }
}

fn runner(observer: Rc<dyn Observer>) -> Runner {
    Runner::new().clock(Clock::Virtual).observer(observer)
}

#[test]
fn callbacks_and_timers_are_followed_from_their_making_to_their_end() {
    fn called() {}
    let ids: RefCell<Vec<ScheduledId>> = RefCell::default();
    let notes = Notes::new(move |event| {
        let (what, scheduled) = match event {
            LoopEvent::Queued(scheduled) => ("queued", scheduled),
            LoopEvent::CallBegins(scheduled) => ("begins", scheduled),
            LoopEvent::CallEnds(scheduled) => ("ends", scheduled),
            LoopEvent::CallCancelled(scheduled) => ("cancelled", scheduled),
            LoopEvent::TimerSet { timer, when, .. } => {
                assert!(timer.is_timer() && when >= 0.0);
                ("set", timer)
            }
            LoopEvent::TimerCancelled(timer) => ("timer cancelled", timer),
            _ => return None,
        };
        let mut ids = ids.borrow_mut();
        let known = ids.iter().position(|id| *id == scheduled.id());
        let number = known.unwrap_or_else(|| {
            ids.push(scheduled.id());
            ids.len() - 1
        });
        let of = scheduled.task().map_or(String::new(), |task| format!(" of {}", task.get_name()));
        Some(format!("{number} {what} {scheduled:?}{of}"))
    });
    let runner = runner(notes.clone());
    runner
        .run(async {
            current_task()?.expect("main").set_name("main");
            let event_loop = get_running_loop()?;
            event_loop.call_soon(called)?;
            event_loop.call_soon(called)?.cancel();
            event_loop.call_later(1, called)?;
            event_loop.call_later(2, called)?.cancel();
            sleep(3).await?;
            timeout(1).run(async |_| sleep(9).await).await.unwrap_err();
            Ok(())
        })
        .unwrap();
    let expected = [
        "0 queued <Handle called()>",
        "1 queued <Handle called()>",
        "1 cancelled <Handle called()>",
        "2 set <TimerHandle called()>",
        "3 set <TimerHandle called()>",
        "3 timer cancelled <TimerHandle called()>",
        "4 set <TimerHandle sleep> of main",
        "0 begins <Handle called()>",
        "0 ends <Handle called()>",
        "1 begins <Handle called()>",
        "1 ends <Handle called()>",
        "2 queued <TimerHandle called()>",
        "2 begins <TimerHandle called()>",
        "2 ends <TimerHandle called()>",
        "4 queued <TimerHandle sleep> of main",
        "4 begins <TimerHandle sleep> of main",
        "4 ends <TimerHandle sleep> of main",
        "5 set <TimerHandle sleep> of main",
        "6 set <TimerHandle timeout> of main",
        "6 queued <TimerHandle timeout> of main",
        "6 begins <TimerHandle timeout> of main",
        "6 ends <TimerHandle timeout> of main",
        "5 timer cancelled <TimerHandle sleep> of main",
    ];
    let end = expected.len();
    assert_eq!(notes.all()[..end], expected);
}

#[test]
fn futures_and_groups_are_seen_made_and_done() {
    let notes = Notes::new(|event| match event {
        LoopEvent::FutureCreated(future) => Some(format!("made {}", class(future))),
        LoopEvent::FutureDone(future) => Some(format!("done {} {}", class(future), future.cancelled())),
        LoopEvent::Woken(task) => {
            let wait = task.waits_on().expect("it has waited");
            Some(format!("{} woken at {:?}", task.get_name(), wait.kind))
        }
        _ => None,
    });
    fn class(future: &AnyFuture) -> String {
        format!("{future:?}").split(' ').next().expect("a class").to_owned()
    }
    runner(notes.clone())
        .run(async {
            current_task()?.expect("main").set_name("main");
            let event_loop = get_running_loop()?;
            let (one, two) = (event_loop.create_future::<()>(), event_loop.create_future::<()>());
            let both = gather([&one, &two]);
            one.set_result(())?;
            event_loop.call_soon(move || two.set_result(()).unwrap())?;
            both.await?;
            event_loop.create_future::<()>().cancel();
            Ok(())
        })
        .unwrap();
    let expected = [
        "made <Future",
        "made <Future",
        "made <_GatheringFuture",
        "done <Future false",
        "done <Future false",
        "done <_GatheringFuture false",
        "main woken at Group",
        "made <Future",
        "done <Future true",
    ];
    assert_eq!(notes.all()[..expected.len()], expected);
}

/// The baker waits for the bell, and the customer for the baker: a request to the customer arrives at all three.
#[test]
fn a_cancellation_tells_through_whom_it_came() {
    let notes = Notes::new(|event| match event {
        LoopEvent::CancelRequested { task, through, .. } => {
            let through = through.map_or("nobody".to_owned(), |future| {
                match all_tasks().unwrap().iter().find(|t| t.id() == future.id()) {
                    Some(task) => task.get_name().to_string(),
                    None => "a group".to_owned(),
                }
            });
            Some(format!("{} through {through}", task.get_name()))
        }
        _ => None,
    });
    runner(notes.clone())
        .run(async {
            let bell = create_task(sleep(9)).named("bell");
            let timer = create_task(sleep(9)).named("timer");
            let baker = create_task(async move { gather([bell, timer]).await.map(drop) }).named("baker");
            let customer = create_task(async move { baker.await }).named("customer");
            sleep(0).await?;
            sleep(0).await?;
            customer.cancel();
            customer.await.unwrap_err();
            Ok(())
        })
        .unwrap();
    assert_eq!(
        notes.all(),
        ["customer through nobody", "baker through customer", "bell through a group", "timer through a group"]
    );
}

#[test]
fn passes_and_jumps_of_the_clock_are_seen() {
    let notes = Notes::new(|event| match event {
        LoopEvent::PassBegins(ready) => Some(format!("pass {ready}")),
        LoopEvent::PassEnds => Some("end".to_owned()),
        LoopEvent::TimeJumps { from, to, .. } => Some(format!("{from} to {to}")),
        LoopEvent::Closed => Some("closed".to_owned()),
        _ => None,
    });
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let start = event_loop.time();
    event_loop.add_observer(notes.clone());
    event_loop.run_until_complete(sleep(5)).unwrap();
    event_loop.close().unwrap();
    let jump = format!("{start} to {}", start + 5.0);
    // The task's first step, the timer, the step that it woke, and the callback that stops the loop.
    assert_eq!(notes.all(), ["pass 1", "end", &jump, "pass 1", "end", "pass 1", "end", "pass 1", "end", "closed"]);
}

#[test]
fn observers_are_told_in_turn_and_may_leave_at_any_time() {
    struct Leaves(EventLoop, RefCell<Option<Rc<dyn Observer>>>, Cell<u32>);
    impl Observer for Leaves {
        fn event(&self, _: LoopEvent<'_>) {
            self.2.set(self.2.get() + 1);
            let own = self.1.take();
            assert!(own.is_none_or(|own| self.0.remove_observer(&own)));
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let leaves = Rc::new(Leaves(event_loop.clone(), RefCell::default(), Cell::new(0)));
    let own: Rc<dyn Observer> = leaves.clone();
    leaves.1.replace(Some(Rc::clone(&own)));
    let stays = Notes::new(|_| Some(String::new()));
    event_loop.add_observer(Rc::clone(&own));
    event_loop.add_observer(stays.clone());
    event_loop.run_until_complete(sleep(0)).unwrap();
    assert_eq!(leaves.2.get(), 1);
    assert!(stays.all().len() > 3);
    assert!(!event_loop.remove_observer(&own));
}

#[test]
fn an_observer_that_was_added_later_is_told_later() {
    let order: Rc<RefCell<Vec<&str>>> = Rc::default();
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    for name in ["first", "second", "third"] {
        let order = Rc::clone(&order);
        event_loop.add_observer(Notes::new(move |event| {
            if let LoopEvent::Closed = event {
                order.borrow_mut().push(name);
            }
            None
        }));
    }
    event_loop.close().unwrap();
    assert_eq!(*order.borrow(), ["first", "second", "third"]);
}

#[test]
fn callbacks_of_one_group_on_several_children_are_told_apart() {
    let ids: Rc<RefCell<Vec<ScheduledId>>> = Rc::default();
    let seen = Rc::clone(&ids);
    let notes = Notes::new(move |event| {
        if let LoopEvent::Queued(scheduled) = event
            && format!("{scheduled:?}").contains("gather")
        {
            seen.borrow_mut().push(scheduled.id());
        }
        None
    });
    runner(notes)
        .run(async {
            let event_loop = get_running_loop()?;
            let futures = [(); 3].map(|()| event_loop.create_future::<()>());
            let group = gather(&futures);
            futures.iter().for_each(|future| future.set_result(()).unwrap());
            group.await.map(drop)
        })
        .unwrap();
    let ids = ids.borrow();
    assert!(ids.len() == 3 && ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
}

#[test]
fn a_panic_of_an_observer_leaves_no_waiter_of_a_future_behind() {
    struct Panics;
    impl Observer for Panics {
        fn event(&self, event: LoopEvent<'_>) {
            if let LoopEvent::FutureDone(_) | LoopEvent::TimerCancelled(_) | LoopEvent::Closed = event {
                panic!("expected: the observer");
            }
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let future = event_loop.create_future::<()>();
    let awaited = future.clone();
    let waiting = event_loop.create_task(async move { awaited.await }).unwrap();
    event_loop.run_until_complete(sleep(0)).unwrap();
    let panics: Rc<dyn Observer> = Rc::new(Panics);
    event_loop.add_observer(Rc::clone(&panics));
    let unwinds = |f: &dyn Fn()| assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err());
    unwinds(&|| future.set_result(()).unwrap());
    event_loop.remove_observer(&panics);
    event_loop.run_until_complete(waiting).unwrap();
    event_loop.add_observer(panics);
    // A destructor that runs during a panic: a second panic is swallowed.
    unwinds(&|| {
        let _sleeping = SetTimer(event_loop.call_later(1, || ()).unwrap());
        panic!("expected: the first");
    });
    unwinds(&|| event_loop.close().unwrap());
    assert!(event_loop.is_closed());
}

struct SetTimer(TimerHandle);

impl Drop for SetTimer {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Chooses the last entry, whatever it is.
struct LastFirst;

impl SchedulingPolicy for LastFirst {
    fn next(&mut self, ready: &Choices<'_>) -> usize {
        let last = ready.len() - 1;
        assert_eq!(ready.is_task(last), ready.task(last).is_some());
        assert_eq!(ready.is_task(last), ready.scheduled(last).is_none());
        assert!(!ready.is_task(last + 1) && ready.scheduled(last + 1).is_none());
        assert!(ready.left_in_pass() >= 1);
        last
    }
}

/// It may choose what was queued in this very pass. Then the rest of the pass waits, and no timer is checked.
#[test]
fn a_policy_chooses_among_all_that_is_ready() {
    let order: Rc<RefCell<Vec<u32>>> = Rc::default();
    let note = Rc::clone(&order);
    Runner::new()
        .clock(Clock::Virtual)
        .scheduling_policy(LastFirst)
        .run(async move {
            let task = |number: u32| {
                let note = Rc::clone(&note);
                create_task(async move {
                    for step in 0..2 {
                        note.borrow_mut().push(number * 10 + step);
                        sleep(0).await?;
                    }
                    Ok(())
                })
            };
            let tasks = [task(1), task(2)];
            for task in tasks {
                task.await?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(*order.borrow(), [20, 21, 10, 11]);
}

#[test]
fn a_policy_may_let_time_pass_while_something_is_ready() {
    struct Late;
    impl SchedulingPolicy for Late {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            0
        }
        fn advance(&mut self, _now: f64, deadline: f64, ready: usize) -> f64 {
            deadline + if ready == 0 { 0.5 } else { 0.0 }
        }
    }
    let run = |runner: Runner| {
        runner
            .run(async {
                let event_loop = get_running_loop()?;
                let start = event_loop.time();
                let busy = create_task(async {
                    for _ in 0..100 {
                        sleep(0).await?;
                    }
                    Ok(get_running_loop()?.time())
                });
                sleep(3).await?;
                sleep(1).await?;
                Ok((busy.await? - start, event_loop.time() - start))
            })
            .unwrap()
    };
    let own_clock = |runner: Runner| run(runner.clock(Clock::Virtual));
    assert_eq!(own_clock(Runner::new()), (0.0, 4.0));
    // Both sleeps end while the other task is busy; nothing waits for another half a second.
    assert_eq!(own_clock(Runner::new().scheduling_policy(Late)), (4.0, 4.0));
}

thread_local! {
    static LOOPS: Cell<u32> = const { Cell::new(0) };
}

inventory::submit! {
    LoopHook(|event_loop| {
        assert!(!event_loop.is_running());
        LOOPS.set(LOOPS.get() + 1);
    })
}

#[test]
fn every_new_loop_is_shown_to_the_hooks() {
    let before = LOOPS.get();
    let _one = new_event_loop();
    Runner::new().clock(Clock::Virtual).run(async { Ok(()) }).unwrap();
    assert_eq!(LOOPS.get() - before, 2);
}

/// The order of the calls in CPython's `_wait`.
#[test]
fn a_wait_sets_its_timer_before_it_adds_its_callbacks() {
    let notes = Notes::new(|event| match event {
        LoopEvent::Queued(scheduled) if scheduled.task().is_none() => Some(format!("queued {scheduled:?}")),
        LoopEvent::TimerSet { .. } => Some("timer set".to_owned()),
        _ => None,
    });
    let seen = notes.clone();
    runner(notes)
        .run(async move {
            let future = get_running_loop()?.create_future();
            future.set_result(())?;
            seen.all();
            wait([&future]).timeout(1).await?;
            assert_eq!(seen.all()[..2], ["timer set", "queued <Handle _wait.<locals>._on_completion()>"]);
            Ok(())
        })
        .unwrap();
}

/// As on CPython, where both append to one list.
#[test]
fn what_the_loops_own_thread_calls_by_its_handle_is_queued_at_once() {
    fn called() {}
    let notes = Notes::new(|event| match event {
        LoopEvent::Queued(scheduled) if scheduled.task().is_none() => Some(format!("queued {scheduled:?}")),
        LoopEvent::StepEnds(_) => Some("step ends".to_owned()),
        _ => None,
    });
    let seen = notes.clone();
    runner(notes)
        .run(async move {
            seen.all();
            get_running_loop()?.handle().call_soon_threadsafe(called)?;
            // This step queues nothing else.
            sleep(1).await?;
            let seen = seen.all();
            assert!(
                seen[0].starts_with("queued ") && seen[0].contains("called()") && seen[1] == "step ends",
                "{seen:?}"
            );
            Ok(())
        })
        .unwrap();
}
