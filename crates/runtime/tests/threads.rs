//! Loops and threads: executors, calls from outside, and virtual time with threads.

#[macro_use]
extern crate asyncio_testing;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

#[test]
fn to_thread_runs_elsewhere_in_a_copy_of_the_context() {
    static WHO: ContextVar<&str> = ContextVar::new("who");
    virtually(async {
        WHO.set("loop");
        let here = thread::current().id();
        let there = to_thread(move || {
            assert_eq!(WHO.get().unwrap(), "loop");
            WHO.set("thread");
            thread::current().id()
        });
        assert_ne!(there.await?, here);
        assert_eq!(WHO.get()?, "loop");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_blocking_sleep_in_a_thread_takes_virtual_time() {
    let start = std::time::Instant::now();
    let order = virtually(async {
        let (send, order) = mpsc::channel();
        let threads = [3, 1].map(|hours| {
            let send = send.clone();
            to_thread(move || {
                time::sleep(f64::from(hours) * 3600.0);
                send.send(hours).unwrap();
            })
        });
        let begin = time::perf_counter();
        let [long, short] = threads;
        let both = gather!(long, short);
        sleep(2 * 3600).await?;
        send.send(2)?;
        both.await?;
        assert_eq!(time::perf_counter() - begin, 3.0 * 3600.0);
        drop(send);
        Ok(order.iter().collect::<Vec<_>>())
    });
    assert_eq!(order.unwrap(), [1, 2, 3]);
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn jobs_behind_sleeping_threads_take_virtual_time_too() {
    let start = std::time::Instant::now();
    virtually(async {
        let pool = ThreadPoolExecutor::new(2)?;
        let event_loop = get_running_loop()?;
        let begin = time::perf_counter();
        let jobs = (0..6).map(|_| event_loop.run_in_executor(Some(&pool), || time::sleep(3600)));
        gather(jobs.collect::<Result<Vec<_>>>()?).await?;
        assert_eq!(time::perf_counter() - begin, 3.0 * 3600.0);
        // Only the end of the loop waits for this job, and gives up after five minutes.
        get_running_loop()?.run_in_executor(None, || time::sleep(240))?;
        Ok(())
    })
    .unwrap();
    assert_eq!(start.elapsed().as_secs() / 60, 0);
}

// CPython: test_futures.BaseFutureTests.test_wrap_future_cancel
#[test]
fn a_job_that_has_not_begun_can_be_cancelled() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let pool = ThreadPoolExecutor::new(1)?;
        let (go, wait_for_go) = mpsc::channel::<()>();
        let first = event_loop.run_in_executor(Some(&pool), move || wait_for_go.recv().is_ok())?;
        let second = event_loop.run_in_executor(Some(&pool), || panic!("must not begin"))?;
        assert!(second.cancel());
        assert!(second.await.unwrap_err().is_cancelled());
        // As in asyncio, the job is told in the next iteration.
        sleep(0).await?;
        go.send(())?;
        assert!(first.await?);
        pool.shutdown(true, false);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_running_job_goes_on_and_is_waited_for_at_the_end() {
    let (send, done) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let result = Runner::new().clock(Clock::Real).run(async move {
        let task = create_task(to_thread(move || {
            begin.send(()).unwrap();
            thread::sleep(Duration::from_millis(30));
            send.send("finished").unwrap();
        }));
        while begun.try_recv().is_err() {
            sleep(0.001).await?;
        }
        task.cancel();
        task.await
    });
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(done.try_recv(), Ok("finished"));
}

#[test]
fn shutting_a_pool_down_cancels_what_is_queued() {
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let (go, wait_for_go) = mpsc::channel::<()>();
    let first = pool.submit(move || wait_for_go.recv().unwrap()).unwrap();
    let second = pool.submit(|| 2).unwrap();
    while !first.running() {
        thread::yield_now();
    }
    assert!(first.result(0.001).unwrap_err().is::<TimeoutError>());
    pool.shutdown(false, true);
    assert!(second.cancelled());
    assert!(second.result(None).unwrap_err().is_cancelled());
    go.send(()).unwrap();
    first.result(None).unwrap();
    assert!(first.done() && !first.cancel());
    pool.shutdown(true, false);
}

#[test]
fn run_coroutine_threadsafe_gives_results_errors_and_cancels() {
    asyncio_testing::expect_panics("over there");
    let (send, handles) = mpsc::channel();
    let loop_thread = thread::spawn(move || {
        Runner::new().clock(Clock::Real).run(async move {
            let stop = get_running_loop()?.create_future::<()>();
            send.send(get_running_loop()?.handle())?;
            let event_loop = get_running_loop()?;
            // Ends when the other thread asks for it.
            event_loop.set_exception_handler(None);
            STOP.with_borrow_mut(|slot| *slot = Some(stop.clone()));
            stop.await
        })
    });
    thread_local! {
        static STOP: std::cell::RefCell<Option<Future<()>>> = const { std::cell::RefCell::new(None) };
    }
    let handle = handles.recv().unwrap();
    let answer = run_coroutine_threadsafe(async || sleep_result(0.001, 3).await, &handle).unwrap();
    assert_eq!(answer.result(60).unwrap(), 3);
    let error = run_coroutine_threadsafe(async || Err::<(), _>(ValueError::new("x").into()), &handle).unwrap();
    assert_eq!(format!("{:?}", error.result(60).unwrap_err()), "ValueError('x')");

    let (send, cancelled) = mpsc::channel();
    let sleeping = async move || {
        let result = sleep(3600).await;
        send.send(result.as_ref().is_err_and(Error::is_cancelled)).unwrap();
        result
    };
    let long = run_coroutine_threadsafe(sleeping, &handle).unwrap();
    assert!(long.result(0.01).unwrap_err().is::<TimeoutError>());
    assert!(long.cancel());
    assert!(cancelled.recv().unwrap(), "the task in the loop was cancelled");
    assert!(long.result(60).unwrap_err().is_cancelled());

    let panics = run_coroutine_threadsafe(async || -> Result<()> { panic!("over there") }, &handle).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panics.result(60)));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "over there");

    handle.call_soon_threadsafe(|| STOP.with_borrow(|stop| stop.as_ref().unwrap().set_result(()).unwrap())).unwrap();
    loop_thread.join().unwrap().unwrap();
    assert!(handle.is_closed());
}

#[test]
fn many_threads_call_in_at_once() {
    Runner::new()
        .clock(Clock::Real)
        .run(async {
            let event_loop = get_running_loop()?;
            let done = event_loop.create_future::<()>();
            thread_local! {
                static LEFT: std::cell::Cell<u32> = const { std::cell::Cell::new(8 * 1000) };
                static DONE: std::cell::RefCell<Option<Future<()>>> = const { std::cell::RefCell::new(None) };
            }
            DONE.set(Some(done.clone()));
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let handle = event_loop.handle();
                    thread::spawn(move || {
                        for _ in 0..1000 {
                            handle
                                .call_soon_threadsafe(|| {
                                    LEFT.set(LEFT.get() - 1);
                                    if LEFT.get() == 0 {
                                        DONE.take().unwrap().set_result(()).unwrap();
                                    }
                                })
                                .unwrap();
                        }
                    })
                })
                .collect();
            done.await?;
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            Ok(())
        })
        .unwrap();
}

// What CPython prints for the same program.
#[test]
fn what_a_thread_hands_in_runs_in_a_copy_of_the_threads_context() {
    static WHO: ContextVar<&str> = ContextVar::with_default("who", || "nobody");
    thread_local! {
        static SEEN: std::cell::RefCell<Vec<&'static str>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let see = || {
        SEEN.with_borrow_mut(|seen| seen.push(WHO.get().unwrap()));
        WHO.set("callback");
    };
    virtually(async move {
        let event_loop = get_running_loop()?;
        WHO.set("loop");
        let handle = event_loop.handle();
        let thread = thread::spawn(move || {
            handle.call_soon_threadsafe(see)?;
            WHO.set("thread");
            handle.call_soon_threadsafe(see)?;
            handle.call_soon_threadsafe(see)
        });
        thread.join().unwrap()?;
        event_loop.call_soon_threadsafe(see)?;
        sleep(0).await?;
        assert_eq!(SEEN.take(), ["nobody", "thread", "thread", "loop"]);
        assert_eq!(WHO.get()?, "loop");
        Ok(())
    })
    .unwrap();
}

#[test]
fn calls_and_wake_ups_of_one_thread_come_in_its_order_and_a_panic_names_the_function() {
    thread_local! {
        static ORDER: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    fn note(what: impl Into<String>) {
        ORDER.with_borrow_mut(|order| order.push(what.into()));
    }
    fn boom() {
        panic!("expected");
    }
    virtually(async {
        let event_loop = get_running_loop()?;
        event_loop.set_exception_handler(Some(Box::new(|context| note(&context.message))));
        let (send, waker) = mpsc::channel();
        let mut woken = false;
        let waiting = create_task(cancellable(std::future::poll_fn(move |cx| {
            if std::mem::replace(&mut woken, true) {
                note("woken");
                return std::task::Poll::Ready(());
            }
            send.send(cx.waker().clone()).unwrap();
            std::task::Poll::Pending
        })));
        sleep(0).await?;
        let (handle, waker) = (event_loop.handle(), waker.recv()?);
        let thread = thread::spawn(move || {
            // More than fits in place.
            let large = [1_u64; 50];
            for i in 0..3 {
                handle.call_soon_threadsafe(move || note((i + large[7]).to_string())).unwrap();
            }
            handle.call_soon_threadsafe(boom).unwrap();
            waker.wake();
            handle.call_soon_threadsafe(|| note("after")).unwrap();
        });
        thread.join().unwrap();
        waiting.await?;
        sleep(0).await?;
        assert_eq!(ORDER.take(), ["1", "2", "3", "Exception in callback boom()", "woken", "after"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_foreign_waker_reaches_the_loop_from_another_thread() {
    Runner::new()
        .clock(Clock::Real)
        .run(async {
            for _ in 0..100 {
                let mut thread = None;
                let answer = cancellable(std::future::poll_fn(move |cx| {
                    let waiting: &mut thread::JoinHandle<u8> = match &mut thread {
                        Some(waiting) => waiting,
                        empty => {
                            let waker = cx.waker().clone();
                            empty.insert(thread::spawn(move || {
                                waker.wake();
                                7
                            }))
                        }
                    };
                    if waiting.is_finished() {
                        std::task::Poll::Ready(thread.take().unwrap().join().unwrap())
                    } else {
                        cx.waker().wake_by_ref();
                        std::task::Poll::Pending
                    }
                }));
                assert_eq!(answer.await?, 7);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_panic_in_a_thread_goes_on_in_whoever_waits() {
    asyncio_testing::expect_panics("in the thread");
    let caught =
        std::panic::catch_unwind(|| virtually(async { to_thread(|| -> u8 { panic!("in the thread") }).await }));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "in the thread");
}

/// As on CPython, where both go to one queue.
#[test]
fn calls_that_a_loops_own_thread_makes_by_its_handle_are_in_order_with_others() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let handle = event_loop.handle();
        let (send, order) = mpsc::channel();
        let says = |number: u32| {
            let send = send.clone();
            move || send.send(number).unwrap()
        };
        event_loop.call_soon(says(1))?;
        handle.call_soon_threadsafe(says(2))?;
        event_loop.call_soon(says(3))?;
        handle.call_soon_threadsafe(says(4))?;
        event_loop.call_soon_threadsafe(says(5))?;
        sleep(0).await?;
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        Ok(())
    })
    .unwrap();
}

/// As on CPython, where `timeout(0)` queues its callback like `call_soon`.
#[test]
fn what_a_thread_handed_in_comes_before_a_limit_that_is_over_at_once() {
    thread_local! {
        static MAIN: std::cell::RefCell<Option<AnyTask>> = const { std::cell::RefCell::new(None) };
        static SEEN: std::cell::Cell<Option<u32>> = const { std::cell::Cell::new(None) };
    }
    virtually(async {
        let handle = get_running_loop()?.handle();
        MAIN.set(current_task()?);
        let looks = || SEEN.set(MAIN.take().map(|main| main.cancelling()));
        thread::spawn(move || handle.call_soon_threadsafe(looks).unwrap()).join().unwrap();
        let result = timeout(0).run(async |_| sleep(1).await).await;
        assert!(result.unwrap_err().is::<TimeoutError>());
        assert_eq!(SEEN.get(), Some(0));
        Ok(())
    })
    .unwrap();
}

/// As on CPython, where calls from a thread are in the queue once the thread has been joined.
#[test]
fn what_a_thread_handed_in_comes_before_what_is_queued_after_it_was_joined() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let (send, order) = mpsc::channel();
        let says = |what: &'static str| {
            let send = send.clone();
            move || send.send(what).unwrap()
        };
        let from_a_thread = |what| {
            let (handle, call) = (event_loop.handle(), says(what));
            std::thread::spawn(move || handle.call_soon_threadsafe(call).unwrap()).join().unwrap();
        };
        let gate = event_loop.create_future();
        let (opened, tell) = (gate.clone(), says("a task was woken"));
        let waiting = create_task(async move { opened.await.map(|()| tell()) });
        sleep(0).await?;
        event_loop.call_soon(says("before"))?;
        from_a_thread("1");
        event_loop.call_soon(says("a call"))?;
        from_a_thread("2");
        gate.set_result(())?;
        from_a_thread("3");
        let tell = says("a new task");
        let new = create_task(async move {
            tell();
            Ok(())
        });
        from_a_thread("4");
        let timer = event_loop.call_later(0, says("a timer"))?;
        from_a_thread("5");
        sleep(0).await?;
        says("main")();
        waiting.await?;
        new.await?;
        assert!(!timer.cancelled());
        sleep(0.1).await?;
        let expected = ["before", "1", "a call", "2", "3", "a new task", "4", "5"];
        let order: Vec<_> = order.try_iter().collect();
        let calls: Vec<_> = order.iter().copied().filter(|what| expected.contains(what)).collect();
        assert_eq!(calls, expected);
        let place = |what| order.iter().position(|one| *one == what).unwrap();
        assert!(place("2") < place("a task was woken") && place("5") < place("main"), "{order:?}");
        Ok(())
    })
    .unwrap();
}

/// At once, as the caller is in the loop: one step later its `CancelledError` is there.
// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe_and_cancel
#[test]
fn a_coroutine_from_outside_that_is_cancelled_in_its_loop_hears_of_it_at_once() {
    virtually(async {
        let (send, heard) = mpsc::channel();
        let work = async move || {
            let slept = sleep(9).await;
            send.send(slept.is_err()).unwrap();
            slept
        };
        let future = run_coroutine_threadsafe(work, &get_running_loop()?.handle())?;
        sleep(0).await?;
        sleep(0).await?;
        assert!(future.cancel());
        let cancelling: Vec<u32> = all_tasks()?.iter().map(AnyTask::cancelling).collect();
        assert_eq!(cancelling, [0, 1]);
        sleep(0).await?;
        assert_eq!(heard.try_recv(), Ok(true));
        Ok(())
    })
    .unwrap();
}

// CPython: test_events.EventLoopTestsMixin.test_call_soon_threadsafe_handle_cancel_other_thread
#[test]
fn any_thread_can_cancel_a_call() {
    virtually(async {
        let handle = get_running_loop()?.handle();
        let (send, called) = mpsc::channel();
        let call = |name: &'static str| {
            let send = send.clone();
            handle.call_soon_threadsafe_cancellable(move || send.send(name).unwrap())
        };
        let (cancelled, late) = (call("cancelled")?, call("late")?);
        assert!(format!("{late:?}").starts_with("<ThreadSafeHandle any_thread_can_cancel_a_call"), "{late:?}");
        let elsewhere = move || {
            cancelled.cancel();
            cancelled.cancelled()
        };
        assert!(thread::spawn(elsewhere).join().unwrap());
        sleep(0).await?;
        late.cancel();
        drop(call("last")?);
        sleep(0).await?;
        assert_eq!(called.try_iter().collect::<Vec<_>>(), ["late", "last"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_job_that_its_executor_refuses_holds_no_virtual_time_up() {
    virtually(async {
        let pool = ThreadPoolExecutor::new(1)?;
        pool.shutdown(true, false);
        let refused = get_running_loop()?.run_in_executor(Some(&pool), || ());
        assert!(refused.is_err());
        // Virtual time would wait for a job in a thread.
        sleep(1e6).await
    })
    .unwrap();
}

#[test]
fn a_thread_that_has_slept_is_at_work_again() {
    virtually(async {
        let (jump, jumped) = mpsc::channel();
        let job = to_thread(move || {
            time::sleep(1);
            // If time jumped, it would do so at once.
            jumped.recv_timeout(Duration::from_millis(30)).is_err()
        });
        get_running_loop()?.call_later(3600, move || _ = jump.send(()))?;
        assert!(job.await?, "an hour has passed meanwhile");
        assert_eq!(get_running_loop()?.time(), 1.0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_address_in_numbers_is_looked_up_by_no_thread() {
    virtually(async {
        let event_loop = get_running_loop()?;
        // Even when no thread is left to ask.
        event_loop.shutdown_default_executor(None).await?;
        for host in ["127.0.0.1", "::1"] {
            let addresses = event_loop.getaddrinfo(host, 7).await?;
            assert_eq!(addresses, [std::net::SocketAddr::new(host.parse()?, 7)]);
        }
        assert!(event_loop.getaddrinfo("localhost", 7).await.is_err());
        Ok(())
    })
    .unwrap();
}
