//! `test_tasks`: `run_coroutine_threadsafe`, called in a thread of the loop's own executor.

use asyncio_runtime::*;

use crate::support::*;

#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Well,
    WithAnError,
    ByCancellingItself,
    TooLate,
}

async fn add(a: i32, b: i32, ends: Ends) -> Result<i32> {
    sleep(0.05).await?;
    match ends {
        Ends::WithAnError => return Err(RuntimeError::new("Fail!").into()),
        Ends::ByCancellingItself => {
            current_task()?.unwrap().cancel();
            sleep(0).await?;
        }
        Ends::Well | Ends::TooLate => {}
    }
    Ok(a + b)
}

/// What a thread gets when it runs the coroutine in the loop, and how many tasks are left afterwards.
fn asked_from_a_thread(ends: Ends) -> (Result<i32>, usize) {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let handle = event_loop.handle();
    let target = move || {
        let future = run_coroutine_threadsafe(move || add(1, 2, ends), &handle)?;
        let result = future.result(if ends == Ends::TooLate { Some(0.0) } else { None });
        future.cancel();
        result
    };
    let job = event_loop.run_in_executor(None, target).unwrap();
    let result = event_loop.run_until_complete(async move { job.await? });
    run_briefly(&event_loop);
    run_briefly(&event_loop);
    (result, event_loop.all_tasks().len())
}

// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe
#[test]
fn a_thread_gets_the_result() {
    assert_eq!(asked_from_a_thread(Ends::Well).0.unwrap(), 3);
}

// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe_with_exception
#[test]
fn a_thread_gets_the_exception() {
    assert_eq!(raised(asked_from_a_thread(Ends::WithAnError).0), "RuntimeError('Fail!')");
}

// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe_with_timeout
#[test]
fn a_thread_that_gives_up_cancels_the_task() {
    let (result, left) = asked_from_a_thread(Ends::TooLate);
    assert_eq!((raised(result), left), ("TimeoutError()".to_owned(), 0));
}

// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe_task_cancelled
#[test]
fn a_thread_hears_that_the_task_was_cancelled() {
    assert_eq!(raised(asked_from_a_thread(Ends::ByCancellingItself).0), "CancelledError()");
}

// CPython: test_tasks.RunCoroutineThreadsafeTests.test_run_coroutine_threadsafe_task_factory_exception
#[test]
fn a_thread_hears_that_no_task_could_be_made() {
    let event_loop = EventLoop::with_clock(Clock::Real);
    let reports = reports(&event_loop);
    event_loop.set_task_options(Some(Box::new(|_| panic!("expected: no task"))));
    let handle = event_loop.handle();
    let thread = std::thread::spawn(move || {
        let future = run_coroutine_threadsafe(|| add(1, 2, Ends::Well), &handle).unwrap();
        let error = future.exception(None).unwrap();
        handle.call_soon_threadsafe(|| get_running_loop().unwrap().stop()).unwrap();
        error.unwrap()
    });
    event_loop.run_forever().unwrap();
    let error = thread.join().unwrap();
    assert_eq!(error.downcast_ref::<TaskPanic>().unwrap().message(), "expected: no task");
    let reports = reports.take();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].contains("expected: no task"), "{}", reports[0]);
}

/// As on CPython, a task is created, and cancelled before its first step.
#[test]
fn a_coroutine_whose_future_is_cancelled_before_the_loop_makes_its_task_does_not_begin() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let begin = async || -> Result<()> { panic!("it begins") };
        let future = run_coroutine_threadsafe(begin, &event_loop.handle())?;
        assert!(future.cancel());
        sleep(0).await?;
        let cancelling = || all_tasks().unwrap().iter().map(AnyTask::cancelling).collect::<Vec<_>>();
        assert_eq!(cancelling(), [0, 1]);
        sleep(0).await?;
        assert_eq!(cancelling(), [0]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_future_of_a_coroutine_whose_task_was_cancelled_is_cancelled() {
    virtually(async {
        let event_loop = get_running_loop()?;
        let cancels_itself = async || {
            current_task()?.unwrap().cancel();
            sleep(0).await
        };
        let future = run_coroutine_threadsafe(cancels_itself, &event_loop.handle())?;
        sleep(1).await?;
        assert!(future.done() && future.cancelled());
        Ok(())
    })
    .unwrap();
}
