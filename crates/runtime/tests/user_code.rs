//! User code that runs in the middle of the runtime: observers, policies, wakers, `Clone`, `Debug`, and destructors that close,
//! replace or remove what is being used.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::mpsc;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

fn quiet_loop() -> EventLoop {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    event_loop.set_exception_handler(Some(Box::new(|_| ())));
    event_loop
}

/// Closes its loop at an event with this name.
struct Closes(EventLoop, &'static str);

impl Observer for Closes {
    fn event(&self, event: LoopEvent<'_>) {
        if format!("{event:?}").starts_with(self.1) {
            self.0.close().unwrap();
        }
    }
}

#[test]
fn an_observer_closes_the_loop_while_a_task_is_made() {
    let event_loop = quiet_loop();
    event_loop.add_observer(Rc::new(Closes(event_loop.clone(), "TaskCreated")));
    let task = event_loop.create_task(sleep(1)).unwrap();
    assert!(event_loop.is_closed() && task.cancelled());
    assert_eq!(event_loop.create_task(sleep(1)).unwrap_err().to_string(), "Event loop is closed");
}

#[test]
fn an_observer_closes_the_loop_when_it_hears_of_a_task_that_was_woken_between_runs() {
    // The loop notices it when the next entry is queued: a task, or a callback.
    for make_task in [true, false] {
        let event_loop = quiet_loop();
        let future = event_loop.create_future::<()>();
        let waiting = future.clone();
        let task = event_loop.create_task(async move { waiting.await }).unwrap();
        event_loop.run_until_complete(async { Ok(()) }).unwrap();
        event_loop.add_observer(Rc::new(Closes(event_loop.clone(), "Woken")));
        future.set_result(()).unwrap();
        if make_task {
            assert!(event_loop.create_task(sleep(1)).unwrap().cancelled());
        } else {
            event_loop.call_soon(|| unreachable!("the loop is closed")).unwrap();
        }
        assert!(event_loop.is_closed() && task.cancelled());
    }
}

#[test]
fn an_observer_closes_the_loop_of_a_task_that_is_being_cancelled() {
    let event_loop = quiet_loop();
    let task = event_loop.create_task(sleep(1)).unwrap();
    event_loop.add_observer(Rc::new(Closes(event_loop.clone(), "CancelRequested")));
    task.cancel();
    assert!(event_loop.is_closed() && task.cancelled());
}

#[test]
fn an_observer_that_panics_leaves_a_new_task_to_its_loop() {
    struct Panics;
    impl Observer for Panics {
        fn event(&self, event: LoopEvent<'_>) {
            if let LoopEvent::TaskCreated(_) = event {
                panic!("expected");
            }
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let panics: Rc<dyn Observer> = Rc::new(Panics);
    event_loop.add_observer(Rc::clone(&panics));
    let ran = Rc::new(Cell::new(false));
    let runs = Rc::clone(&ran);
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        event_loop.create_task(async move {
            runs.set(true);
            Ok(())
        })
    }));
    assert!(made.is_err());
    assert!(event_loop.remove_observer(&panics));
    event_loop.run_until_complete(sleep(0)).unwrap();
    assert!(ran.get());
}

#[test]
fn a_policy_replaces_itself() {
    struct Once(EventLoop, Rc<Cell<u32>>, Option<Rc<()>>);
    impl SchedulingPolicy for Once {
        fn next(&mut self, ready: &Choices<'_>) -> usize {
            self.1.set(self.1.get() + 1);
            let successor: Option<Box<dyn SchedulingPolicy>> = self.2.take().map(|token| {
                assert_eq!(Rc::strong_count(&token), 2);
                Box::new(Once(self.0.clone(), Rc::clone(&self.1), None)) as _
            });
            self.0.set_scheduling_policy(successor);
            ready.len() - 1
        }
    }
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let (asked, token) = (Rc::new(Cell::new(0)), Rc::new(()));
    let policy = Once(event_loop.clone(), Rc::clone(&asked), Some(Rc::clone(&token)));
    event_loop.set_scheduling_policy(Some(Box::new(policy)));
    let order = Rc::new(RefCell::new(Vec::new()));
    for number in 0..4 {
        let order = Rc::clone(&order);
        event_loop.call_soon(move || order.borrow_mut().push(number)).unwrap();
    }
    event_loop.stop();
    event_loop.run_forever().unwrap();
    // Two policies chose, and then there was none.
    assert_eq!((order.take(), asked.get(), Rc::strong_count(&token)), (vec![3, 2, 0, 1], 2, 1));
}

/// CPython 3.15: `close` raises this error, `run` ends with the cancellation, and the runner is closed.
#[test]
fn a_runner_that_is_closed_within_its_run_cancels_its_tasks() {
    let runner = Rc::new(Runner::new().clock(Clock::Virtual));
    let reported = Rc::new(RefCell::new(Vec::new()));
    let reports = Rc::clone(&reported);
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(move |context| {
        reports.borrow_mut().push(format!("{:?}", context.exception));
    })));
    let closes = Rc::clone(&runner);
    let result = runner.run(async move {
        closes.close();
        sleep(1).await
    });
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(*reported.borrow(), ["Some(RuntimeError('Cannot close a running event loop'))"]);
    assert_eq!(runner.run(async { Ok(()) }).unwrap_err().to_string(), "Runner is closed");
    assert_eq!(virtually(async { Ok(1) }).unwrap(), 1);
}

/// As in CPython, whichever comes first, the end of the job or the callback.
#[test]
fn a_callback_of_a_job_that_is_over_does_not_panic_in_its_caller() {
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let job = pool.submit(|| 1).unwrap();
    while !job.done() {
        std::thread::yield_now();
    }
    job.add_done_callback(|| panic!("expected"));
    assert_eq!(job.result(None).unwrap(), 1);
}

#[test]
fn the_key_of_a_callback_names_no_other_one() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let (a, b) = (event_loop.create_future::<u32>(), event_loop.create_future::<u32>());
        let waiting = b.clone();
        let task = create_task(async move { waiting.await });
        sleep(0).await?;
        // A waiter, and a callback at the same place of another future.
        assert!(!b.remove_done_callback(a.add_done_callback(|_| ())));
        let called = Rc::new(Cell::new(0));
        let calls = Rc::clone(&called);
        let own = b.add_done_callback(move |_| calls.set(calls.get() + 1));
        // One at the place of `own`, and one at an empty place.
        let [second, third] = [(); 2].map(|()| a.add_done_callback(|_| ()));
        assert!(!b.remove_done_callback(second) && !b.remove_done_callback(third));
        // An old key, whose place was used again.
        let c = event_loop.create_future::<u32>();
        let old = c.add_done_callback(|_| ());
        c.set_result(1)?;
        let calls = Rc::clone(&called);
        let kept = b.add_done_callback(move |_| calls.set(calls.get() + 10));
        assert!(!b.remove_done_callback(old));
        assert!(b.remove_done_callback(own));
        drop(kept);
        b.set_result(7)?;
        assert_eq!((task.await?, called.get()), (7, 10));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_result_that_counts_its_clones_in_itself_keeps_the_count() {
    struct Counts(Cell<u64>);
    impl Clone for Counts {
        fn clone(&self) -> Self {
            self.0.set(self.0.get() + 1);
            Self(Cell::new(self.0.get()))
        }
    }
    impl fmt::Debug for Counts {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.set(self.0.get() + 100);
            write!(f, "{}", self.0.get())
        }
    }
    virtually(async {
        let future = get_running_loop()?.create_future();
        future.set_result(Counts(Cell::new(0)))?;
        assert_eq!(future.result()?.0.get(), 1);
        assert_eq!((&future).await?.0.get(), 2);
        assert_eq!(format!("{future:?}"), "<Future finished result=102>");
        assert_eq!(future.take_result()?.0.get(), 102);
        Ok(())
    })
    .unwrap();
}

thread_local! {
    static LOOP: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
    static TASK: RefCell<Option<Task<()>>> = const { RefCell::new(None) };
}

static VAR: ContextVar<u32> = ContextVar::new("in a thread local");

/// Runs a loop in a thread local of a thread that ends with it.
fn in_a_thread_local(prepare: impl FnOnce(&EventLoop) + Send + 'static) {
    let thread = std::thread::spawn(|| {
        // Registered before any thread local of the runtime, so it is dropped after them.
        LOOP.set(Some(EventLoop::with_clock(Clock::Virtual)));
        LOOP.with_borrow(|event_loop| {
            let event_loop = event_loop.as_ref().unwrap();
            event_loop.set_exception_handler(Some(Box::new(|context| {
                let _ = (VAR.get_or(0), context.to_string());
                VAR.set(7);
            })));
            prepare(event_loop);
        });
    });
    thread.join().unwrap();
}

#[test]
fn a_loop_in_a_thread_local_ends_with_its_thread() {
    struct Looks(mpsc::Sender<Option<u32>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            VAR.set(2);
            let context = copy_context();
            let seen = context.run(|| VAR.get().ok()).unwrap();
            let _ = current_task();
            time::sleep(0.0);
            drop(coroutine(sleep(1)));
            self.0.send(seen).unwrap();
        }
    }
    for debug in [false, true] {
        let (tell, told) = mpsc::channel();
        in_a_thread_local(move |event_loop| {
            event_loop.set_debug(debug);
            event_loop.set_slow_callback_duration(-1.0);
            let main = async move {
                VAR.set(1);
                let looks = Looks(tell);
                TASK.set(Some(create_task(async move {
                    let _looks = looks;
                    sleep(100).await
                })));
                drop(create_task(async { Err::<(), _>(ValueError::new("nobody asks").into()) }));
                sleep(1).await
            };
            event_loop.run_until_complete(main).unwrap();
            let _ = event_loop.call_soon(|| unreachable!("the loop is closed"));
        });
        // Its context was dropped with the thread.
        assert_eq!(told.recv(), Ok(None));
    }
}

#[test]
fn a_job_that_ends_with_its_thread_local_loop_is_no_job_any_more() {
    struct Works(ThreadPoolExecutor);
    impl Drop for Works {
        fn drop(&mut self) {
            assert_eq!(self.0.submit(|| VAR.get_or(3)).unwrap().result(None).unwrap(), 3);
        }
    }
    in_a_thread_local(|event_loop| {
        VAR.set(1);
        let works = Works(ThreadPoolExecutor::new(1).unwrap());
        let _ = event_loop.call_later(1, move || drop(works)).unwrap();
    });
}
