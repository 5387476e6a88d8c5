//! Dropping or closing a loop frees all that it holds; nothing is reported twice or lost.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context as Cx, Poll, Waker};

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// Collects what a loop reports, instead of standard error.
fn collect_reports(event_loop: &EventLoop) -> Rc<RefCell<Vec<String>>> {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&reports);
    event_loop.set_exception_handler(Some(Box::new(move |context| sink.borrow_mut().push(context.to_string()))));
    reports
}

#[test]
fn dropping_a_loop_frees_every_task_future_timer_and_callback() {
    let token = Rc::new(());
    let held = || Rc::clone(&token);
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let reports = collect_reports(&event_loop);

    // Never started, sleeping, waiting on a future, on another task, in a group, in line, and yielding.
    let future = event_loop.create_future::<()>();
    let line = WaitQueue::new("line");
    for kind in 0..7 {
        let (token, future, line) = (held(), future.clone(), line.clone());
        event_loop
            .create_task(async move {
                let _token = token;
                match kind {
                    0 => sleep(3600).await,
                    1 => future.await,
                    2 => create_task(sleep(3600)).await,
                    3 => gather([create_task(sleep(3600)), create_task(sleep(3600))]).await.map(|_| ()),
                    4 => line.wait().await,
                    5 => timeout(3600).run(async |_| std::future::pending().await).await,
                    _ => loop {
                        sleep(0).await?;
                    },
                }
            })
            .unwrap();
    }
    let callback = held();
    event_loop.call_later(3600, move || drop(callback)).unwrap();
    // Not a sleep for some time: one of the tasks is always ready, so virtual time stands still.
    event_loop.run_until_complete(async { sleep(0).await }).unwrap();
    let (callback, unstarted) = (held(), held());
    event_loop.call_soon(move || drop(callback)).unwrap();
    event_loop
        .create_task(async move {
            drop(unstarted);
            Ok(())
        })
        .unwrap();
    let (reader, _writer) = std::os::unix::net::UnixStream::pair().unwrap();
    let watching = held();
    event_loop.add_reader(&reader, move || drop(Rc::clone(&watching))).unwrap();
    let done = held();
    let _ = future.add_done_callback(move |_| drop(done));

    assert!(Rc::strong_count(&token) > 10);
    drop(event_loop);
    assert_eq!(Rc::strong_count(&token), 2, "only the callback of the future that we still hold");
    drop(future);
    assert_eq!(Rc::strong_count(&token), 1);
    let reports = reports.borrow();
    assert!(reports.iter().all(|report| report.starts_with("Task was destroyed but it is pending!")), "{reports:?}");
}

/// A gathered or shielded future owns what waits for its end, and is owned by it.
#[test]
fn futures_that_nobody_completes_go_with_the_loop() {
    let token = Rc::new(());
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let _reports = collect_reports(&event_loop);
    let future = || {
        let future = event_loop.create_future::<()>();
        let held = Rc::clone(&token);
        let _ = future.add_done_callback(move |_| drop(held));
        future
    };
    let make = || {
        let (again, late) = (future(), future());
        let shielded_group = shield(gather([future()]).return_exceptions());
        drop(gather([gather([&again, &again, &future()])]));
        drop(gather([shield(shield(future())), late.clone()]));
        (shielded_group, late)
    };
    let _kept = make();
    for _ in 0..100 {
        drop(make());
    }
    let with_task = event_loop.create_task(async { gather!(future_of_a_loop()?, sleep(3600)).await.map(drop) });
    event_loop.run_until_complete(async { sleep(1).await }).unwrap();
    assert!(Rc::strong_count(&token) > 400);
    event_loop.close().unwrap();
    assert_eq!(Rc::strong_count(&token), 1);
    // What is made after the loop is closed does not stay either.
    drop((make(), with_task));
    assert_eq!(Rc::strong_count(&token), 1);
}

fn future_of_a_loop() -> Result<Future<()>> {
    Ok(get_running_loop()?.create_future())
}

#[test]
fn finished_tasks_leave_nothing_behind() {
    virtually(async {
        let token = Rc::new(());
        let mut weak: Vec<Weak<()>> = Vec::new();
        for round in 0..100 {
            let mine = Rc::new(());
            weak.push(Rc::downgrade(&mine));
            let (token, task) = (Rc::clone(&token), create_task(sleep_result(0.1, mine)));
            let also = task.clone();
            let _ = task.add_done_callback(move |_| drop((token, also)));
            match round % 4 {
                0 => drop(task.await?),
                1 => drop(gather([task]).await?),
                2 => drop(wait(&[task]).await?),
                _ => {
                    task.cancel();
                    assert!(task.await.is_err());
                }
            }
        }
        sleep(1).await?;
        assert_eq!(Rc::strong_count(&token), 1);
        assert!(weak.iter().all(|weak| weak.upgrade().is_none()));
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn descriptors_are_given_back() {
    let count = || std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    let Ok(before) = count() else { return };
    for _ in 0..50 {
        let event_loop = EventLoop::with_clock(Clock::Virtual);
        let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
        event_loop.add_reader(&reader, || ()).unwrap();
        event_loop.add_writer(&writer, || ()).unwrap();
        event_loop.add_signal_handler(10, || ()).unwrap();
        event_loop.run_until_complete(async { sleep(0).await }).unwrap();
    }
    // Other tests in this process may open some meanwhile.
    let after = count().unwrap();
    assert!(after < before + 40, "{before} before, {after} after");
}

#[test]
fn wakers_outlive_the_loop_and_work_in_any_thread() {
    let stored: Rc<RefCell<Vec<Waker>>> = Rc::default();
    let sink = Rc::clone(&stored);
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let _reports = collect_reports(&event_loop);
    event_loop
        .create_task(async move {
            std::future::poll_fn(|cx| {
                sink.borrow_mut().push(cx.waker().clone());
                std::task::Poll::<Result<()>>::Pending
            })
            .await
        })
        .unwrap();
    event_loop.run_until_complete(async { sleep(0).await }).unwrap();
    drop(event_loop);
    let wakers: Vec<Waker> = stored.take();
    assert_eq!(wakers.len(), 1);
    let remote = wakers.clone();
    std::thread::spawn(move || remote.into_iter().for_each(Waker::wake)).join().unwrap();
    wakers.into_iter().for_each(Waker::wake);
}

#[test]
fn threads_may_wake_while_the_loop_closes() {
    for _ in 0..200 {
        let event_loop = EventLoop::with_clock(Clock::Real);
        let _reports = collect_reports(&event_loop);
        let (send, wakers) = std::sync::mpsc::channel::<Waker>();
        let token = Arc::new(());
        let held = Arc::clone(&token);
        event_loop
            .create_task(async move {
                let _held = held;
                std::future::poll_fn(|cx| {
                    let _ = send.send(cx.waker().clone());
                    std::task::Poll::<Result<()>>::Pending
                })
                .await
            })
            .unwrap();
        let waking = std::thread::spawn(move || {
            for waker in wakers.iter().take(50) {
                waker.wake();
            }
        });
        event_loop.run_until_complete(async { sleep(0).await }).unwrap();
        drop(event_loop);
        assert_eq!(Arc::strong_count(&token), 1);
        waking.join().unwrap();
    }
}

// CPython: test_tasks.BaseTaskTests.test_tb_logger_not_called_after_cancel
#[test]
fn what_nobody_retrieves_is_reported_once() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let reports = collect_reports(&event_loop);
    event_loop
        .run_until_complete(async {
            let fail = || async { Err::<(), _>(ValueError::new("x").into()) };
            drop(create_task(fail()).named("lost"));
            let seen = create_task(fail());
            let awaited = create_task(fail());
            let cancelled_late = create_task(fail());
            let future = get_running_loop()?.create_future::<()>();
            future.set_exception(ValueError::new("y"))?;
            sleep(0).await?;
            assert!(seen.exception()?.is_some());
            assert!(awaited.await.is_err());
            assert!(!cancelled_late.cancel());
            Ok(())
        })
        .unwrap();
    let reports = reports.borrow();
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(reports[0].starts_with("Task exception was never retrieved\nfuture: <Task finished name='lost' coro=<"));
    assert!(reports[0].contains("exception=ValueError('x')>"), "{}", reports[0]);
    assert!(reports[1].starts_with("Future exception was never retrieved\nfuture: <Future finished exception="));
}

/// CPython keeps the handler of a closed loop as long as anything refers to the loop. Here the handler may own the loop.
#[test]
fn a_closed_loop_keeps_its_handler_while_a_failure_may_have_to_be_reported() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let (token, reported) = (Rc::new(()), Rc::new(Cell::new(0)));
    let (held, count) = (Rc::clone(&token), Rc::clone(&reported));
    event_loop.set_exception_handler(Some(Box::new(move |_| {
        assert!(Rc::strong_count(&held) > 1);
        count.set(count.get() + 1);
    })));
    let futures = [(); 2].map(|()| event_loop.create_future::<()>());
    futures.iter().for_each(|future| future.set_exception(ValueError::new("lost")).unwrap());
    event_loop.close().unwrap();
    let [seen, lost] = futures;
    assert!(seen.exception().unwrap().is_some());
    assert_eq!(Rc::strong_count(&token), 2);
    drop((lost, seen));
    assert_eq!((reported.get(), Rc::strong_count(&token)), (1, 1));
}

#[test]
fn a_failure_that_a_group_returns_among_its_results_does_not_keep_the_handler_of_a_closed_loop() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let token = Rc::new(());
    let held = Rc::clone(&token);
    event_loop.set_exception_handler(Some(Box::new(move |_| unreachable!("{held:?} is not needed"))));
    let failed = event_loop.create_future::<()>();
    failed.set_exception(ValueError::new("a result")).unwrap();
    // It ends with the error at once, before it is set to return errors as results.
    let group = gather([&failed]).return_exceptions();
    assert!(group.done());
    event_loop.close().unwrap();
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn run_ends_by_cancelling_and_waiting_for_what_is_left() {
    let log: Rc<RefCell<Vec<&str>>> = Rc::default();
    let (cleanup, made_late, refuses) = (Rc::clone(&log), Rc::clone(&log), Rc::clone(&log));
    let result = virtually(async move {
        create_task(async move {
            let result = sleep(3600).await;
            cleanup.borrow_mut().push("cancelled");
            sleep(10).await?;
            cleanup.borrow_mut().push("cleaned up");
            result
        });
        create_task(async move {
            let _ = sleep(3600).await;
            refuses.borrow_mut().push("refused");
            Ok(())
        });
        sleep(1).await?;
        create_task(async move {
            made_late.borrow_mut().push("first step");
            sleep(3600).await
        });
        Ok(7)
    });
    assert_eq!(result.unwrap(), 7);
    assert_eq!(*log.borrow(), ["first step", "cancelled", "refused", "cleaned up"]);
}

#[test]
fn several_runs_share_one_loop() {
    static LEVEL: ContextVar<i32> = ContextVar::new("level");
    let runner = Runner::new().clock(Clock::Virtual);
    let task = runner
        .run(async {
            LEVEL.set(3);
            Ok(create_task(sleep_result(10, "done")))
        })
        .unwrap();
    assert!(!task.done());
    runner
        .run(async move {
            assert_eq!(LEVEL.get()?, 3);
            assert_eq!(task.await?, "done");
            Ok(())
        })
        .unwrap();
}

/// A task notes one wait at a time. The previous note may be the last handle on something whose destructor itself waits.
#[test]
fn a_wait_that_begins_while_another_is_forgotten_keeps_nothing() {
    struct Waits(Option<Future<()>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let mut wait = pin!(self.0.take().expect("dropped once").into_future());
            assert!(wait.as_mut().poll(&mut Cx::from_waker(Waker::noop())).is_pending());
        }
    }
    let token = Rc::new(());
    let held = Rc::clone(&token);
    let program = async move {
        let event_loop = get_running_loop()?;
        let (first, second) = (event_loop.create_future::<()>(), event_loop.create_future::<()>());
        let _ = second.add_done_callback(move |_| drop(held));
        let waits = Waits(Some(second));
        let _ = first.add_done_callback(move |_| drop(waits));
        let mut wait = Box::pin(first.into_future());
        poll_fn(|cx| {
            assert!(wait.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(wait);
        // In the same step: only the note of the previous wait keeps the first alive.
        sleep(0).await
    };
    virtually(program).unwrap();
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_dropped_group_or_shield_that_somebody_listens_to_is_kept_among_many_that_nobody_sees() {
    let program = async {
        let future = get_running_loop()?.create_future::<u8>();
        let told = Rc::new(Cell::new(0));
        let tell = |future: &AnyFuture| {
            let told = Rc::clone(&told);
            let _ = future.add_done_callback(move |future| {
                assert!(!future.cancelled());
                told.set(told.get() + 1);
            });
        };
        let (mut awaited, mut kept) = (Vec::new(), Vec::new());
        for n in 0..1000 {
            drop((gather([&future]), shield(&future)));
            match n % 100 {
                0 => tell(&gather([&future])),
                1 => tell(&shield(&future)),
                2 => kept.push(gather([&future]).as_any().clone()),
                3 => kept.push(shield(&future).as_any().clone()),
                4 => awaited.push(create_task(gather([&future]).into_future())),
                5 => awaited.push(create_task({
                    let shielded = shield(&future);
                    async move { Ok(vec![shielded.await?]) }
                })),
                _ => {}
            }
        }
        sleep(0).await?;
        future.set_result(7)?;
        assert!(gather(awaited).await?.iter().all(|results| *results == [7]));
        sleep(0).await?;
        assert_eq!(told.get(), 20);
        assert!(kept.len() == 20 && kept.iter().all(|future| future.done() && !future.cancelled()));
        Ok(())
    };
    virtually(program).unwrap();
}

/// What a loop keeps for the parts of asyncio is dropped in a fixed order, whichever was needed first.
#[test]
fn what_a_loop_keeps_ends_in_one_order() {
    struct Ends(&'static str, Rc<RefCell<Vec<&'static str>>>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }
    let order = Rc::default();
    let ends = |name| Ends(name, Rc::clone(&order));
    let event_loop = EventLoop::with_clock(Clock::Real);

    // Needed in the reverse of the order in which they end.
    let (observer, policy) = (ends("observer"), ends("policy"));
    let (options, noted, hook) = (ends("task options"), ends("noted waiter"), ends("hook"));
    struct Watches(#[expect(dead_code, reason = "it is dropped")] Ends);
    impl Observer for Watches {
        fn event(&self, _: LoopEvent<'_>) {}
    }
    impl SchedulingPolicy for Watches {
        fn next(&mut self, _: &Choices<'_>) -> usize {
            0
        }
    }
    event_loop.set_scheduling_policy(Some(Box::new(Watches(policy))));
    event_loop.add_observer(Rc::new(Watches(observer)));
    event_loop.set_task_options(Some(Box::new(move |task| {
        let _kept = &options;
        task
    })));
    let (future, waiter) = (event_loop.create_future::<Ends>(), event_loop.create_future::<()>());
    future_add_to_awaited_by(&future, &waiter);
    let _ = waiter.add_done_callback(move |_| drop(noted));
    drop((future, waiter));
    event_loop.add_shutdown_hook(|| async move {
        drop(hook);
        Ok(())
    });
    let (reader, _writer) = std::os::unix::net::UnixStream::pair().unwrap();
    let watching = ends("reader");
    event_loop.add_reader(&reader, move || _ = &watching).unwrap();
    let timer = ends("timer");
    event_loop.call_later(3600, move || drop(timer)).unwrap();
    // A job that is still running when the loop closes: its future is kept for the thread, with the callback for its end.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let job = event_loop.run_in_executor(None, move || _ = wait.recv()).unwrap();
    let told = ends("job");
    let _ = job.add_done_callback(move |_| drop(told));
    drop(job);
    let task = ends("task");
    event_loop
        .create_task(async move {
            let _task = task;
            std::future::pending::<Result<()>>().await
        })
        .unwrap();
    event_loop.set_exception_handler(Some(Box::new(|_| {})));
    event_loop
        .call_soon({
            let event_loop = event_loop.clone();
            move || event_loop.stop()
        })
        .unwrap();
    event_loop.run_forever().unwrap();

    drop(event_loop);
    drop(go);
    let order = order.borrow();
    assert_eq!(
        *order,
        ["task", "timer", "job", "reader", "hook", "noted waiter", "task options", "observer", "policy"]
    );
}
