//! Closing: by hand, by the loop, at its end; one step at a time; and what is dropped or cancelled half-way.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use asyncio_generators::{AsyncGenerator, GeneratorExit};
use asyncio_iterators::AsyncIterator;
use asyncio_runtime::{Clock, Runner, ValueError, all_tasks, create_task, current_task, gather, sleep};

use crate::{Log, note, numbers, repr, run};

/// Yields 1. However it is resumed, it notes that, sleeps, notes that, and ends with the result of the yield.
fn tidy(log: &Log) -> AsyncGenerator<u32> {
    let log = Rc::clone(log);
    AsyncGenerator::new(async move |mut y| {
        let outcome = y.yield_(1).await;
        note(&log, format!("{:?}", outcome.as_ref().err()));
        sleep(0.1).await?;
        note(&log, "cleaned up");
        outcome.map(drop)
    })
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_aclose_twice_with_different_coros,
// test_async_gen_aclose_after_exhaustion
#[test]
fn closing_waits_for_the_cleaning_up() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let mut generator = tidy(&seen);
        generator.anext().await?;
        generator.aclose().await?;
        assert_eq!(*seen.borrow(), ["Some(GeneratorExit())", "cleaned up"]);
        generator.aclose().await?;
        assert_eq!(generator.anext().await?, None);

        let mut fresh = tidy(&seen);
        fresh.aclose().await?;
        assert_eq!(fresh.anext().await?, None);
        assert_eq!(seen.borrow().len(), 2, "what has not begun has nothing to clean up");

        let mut exhausted = numbers(1);
        while exhausted.anext().await?.is_some() {}
        exhausted.aclose().await
    })
    .unwrap();
}

#[test]
fn one_that_yields_when_closed_has_ignored_it() {
    run(async {
        let mut stubborn = AsyncGenerator::<u32>::new(async |mut y| {
            for n in 1.. {
                let _ = y.yield_(n).await;
            }
            Ok(())
        });
        stubborn.anext().await?;
        assert_eq!(repr(stubborn.aclose().await), "RuntimeError('async generator ignored GeneratorExit')");
        assert_eq!(stubborn.anext().await?, Some(3));
        assert_eq!(repr(stubborn.aclose().await), "StopAsyncIteration()");
        assert_eq!(repr(stubborn.athrow(ValueError::new("x")).await), "StopAsyncIteration()");
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_asend_throw_concurrent_with_send,
// TestUnawaitedWarnings.test_asend_send_already_running, test_athrow_send_already_running
#[test]
fn one_step_at_a_time() {
    run(async {
        let mut generator: AsyncGenerator<u32, ()> = numbers(2);
        let (mut second, third) = (generator.clone(), generator.clone());
        let first = create_task(async move { generator.anext().await });
        sleep(0).await?;
        for error in [repr(second.anext().await), repr(third.asend(()).await)] {
            assert_eq!(error, "RuntimeError('anext(): asynchronous generator is already running')");
        }
        let thrown = third.athrow(ValueError::new("x")).await;
        assert_eq!(repr(thrown), "RuntimeError('athrow(): asynchronous generator is already running')");
        assert_eq!(repr(third.aclose().await), "RuntimeError('aclose(): asynchronous generator is already running')");
        assert_eq!(first.await?, Some(1), "the first one is not disturbed");
        assert_eq!(second.anext().await?, Some(2));
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_gc_aclose_09,
// test_base_events.BaseEventLoopTests.test_asyncgen_finalization_by_gc
#[test]
fn the_loop_closes_what_is_dropped_half_way() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let mut generator = tidy(&seen);
        generator.anext().await?;
        drop(generator);
        note(&seen, "dropped");
        sleep(1).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["dropped", "Some(GeneratorExit())", "cleaned up"]);
}

#[test]
fn the_end_of_the_loop_closes_what_is_open_all_at_once() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    let kept = run(async move {
        let mut open = [tidy(&seen), tidy(&seen), tidy(&seen)];
        open[0].anext().await?;
        open[1].anext().await?;
        Ok(open)
    });
    let exit = "Some(GeneratorExit())";
    assert_eq!(*log.borrow(), [exit, exit, "cleaned up", "cleaned up"]);
    drop(kept);
    assert_eq!(log.borrow().len(), 4);
}

// CPython: test_runners.RunTests.test_asyncio_run_closes_gens_after_hanging_tasks_errors
#[test]
fn what_is_open_is_closed_also_when_main_and_the_task_that_used_it_have_failed() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    let kept = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&kept);
    let runner = Runner::new().clock(Clock::Virtual);
    let told = Rc::clone(&log);
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(move |context| {
        note(&told, format!("{} {:?}", context.message, context.exception));
    })));
    let result = runner.run(async move {
        create_task(async move {
            let mut spinner = tidy(&seen);
            spinner.anext().await?;
            slot.replace(Some(spinner));
            sleep(1).await.map_err(|_| ValueError::new("while it was cancelled").into())
        });
        sleep(0).await?;
        Err::<(), _>(ValueError::new("fancy exit").into())
    });
    assert_eq!(repr(result), "ValueError('fancy exit')");
    runner.close();
    let report = "unhandled exception during asyncio.run() shutdown Some(ValueError('while it was cancelled'))";
    assert_eq!(*log.borrow(), [report, "Some(GeneratorExit())", "cleaned up"]);
    drop(kept.take());
    assert_eq!(log.borrow().len(), 3);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_shutdown_02,
// test_async_gen_asyncio_shutdown_exception_01
#[test]
fn an_error_of_one_that_is_closed_at_the_end_is_reported() {
    let log = Log::default();
    let told = Rc::clone(&log);
    let runner = Runner::new().clock(Clock::Virtual);
    let event_loop = runner.get_loop().unwrap();
    event_loop.set_exception_handler(Some(Box::new(move |context| {
        note(&told, format!("{} {:?}", context.message, context.exception));
    })));
    let seen = Rc::clone(&log);
    let kept = runner.run(async move {
        let mut broken = AsyncGenerator::<u32>::new(async |mut y| {
            y.yield_(1).await.map_err(|_| ValueError::new("cannot clean up"))?;
            Ok(())
        });
        let mut fine = tidy(&seen);
        broken.anext().await?;
        fine.anext().await?;
        Ok((broken, fine))
    });
    runner.close();
    let (broken, _) = kept.unwrap();
    let report = format!(
        "an error occurred during closing of asynchronous generator {broken:?} Some(ValueError('cannot clean up'))"
    );
    assert_eq!(*log.borrow(), ["Some(GeneratorExit())", "cleaned up", &report]);
}

/// As in CPython 3.15, where the tracebacks in the report keep the generator alive until the step is over.
#[test]
fn one_that_ignores_its_closing_by_the_loop_and_has_no_handle_left_gets_generator_exit_once_more_after_the_step() {
    let log = Log::default();
    let told = Rc::clone(&log);
    let runner = Runner::new().clock(Clock::Virtual);
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(move |context| {
        note(&told, format!("{:?}", context.exception));
    })));
    let (seen, handle) = (Rc::clone(&log), Rc::new(RefCell::new(None::<AsyncGenerator<u32>>)));
    let (kept, last) = (Rc::clone(&handle), Rc::clone(&handle));
    runner
        .run(async move {
            let mut stubborn = AsyncGenerator::new(async move |mut y| {
                for n in 0.. {
                    if let Err(error) = y.yield_(n).await {
                        let task = if current_task()?.is_some() { "a task" } else { "no task" };
                        note(&seen, format!("{error:?} in {task}"));
                        drop(last.take());
                    }
                }
                Ok(())
            });
            stubborn.anext().await?;
            kept.replace(Some(stubborn));
            Ok(())
        })
        .unwrap();
    runner.close();
    let report = "Some(RuntimeError('async generator ignored GeneratorExit'))";
    assert_eq!(*log.borrow(), ["GeneratorExit() in a task", report, "GeneratorExit() in no task"]);
}

/// As in CPython, the cancellation is raised instead of `GeneratorExit`.
#[test]
fn one_whose_closing_task_is_cancelled_before_it_begins_cleans_up() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let mut generator = tidy(&seen);
        generator.anext().await?;
        drop(generator);
        sleep(0).await?;
        let me = current_task()?.expect("a task runs");
        let tasks = all_tasks()?;
        let closing: Vec<_> = tasks.iter().filter(|task| **task != me).collect();
        assert_eq!((closing.len(), seen.borrow().len()), (1, 0), "it has not begun");
        closing[0].cancel_with("early");
        sleep(1).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["Some(CancelledError('early'))", "cleaned up"]);
}

#[test]
fn what_never_ran_is_dropped_quietly() {
    let dropped = Rc::new(Cell::new(false));
    struct SayDropped(Rc<Cell<bool>>);
    impl Drop for SayDropped {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let guard = SayDropped(Rc::clone(&dropped));
    run(async move {
        drop(AsyncGenerator::<u32>::new(async move |mut y| {
            let _guard = guard;
            y.yield_(1).await.map(drop)
        }));
        Ok(())
    })
    .unwrap();
    assert!(dropped.get());
}

#[test]
fn a_cancellation_arrives_where_the_body_waits() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let inside = Rc::clone(&seen);
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            if let Err(error) = sleep(10).await {
                note(&inside, format!("{error:?}"));
            }
            y.yield_(5).await.map(drop)
        });
        let task = create_task(async move { generator.anext().await });
        sleep(1).await?;
        task.cancel();
        assert_eq!(task.await?, Some(5), "the body took the cancellation upon itself");
        Ok(())
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["CancelledError()"]);
}

#[test]
fn an_anext_that_is_dropped_half_way_loses_nothing() {
    run(async {
        let mut generator = numbers(2);
        assert!(pin!(generator.anext()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let refused = "RuntimeError('anext(): asynchronous generator is already running')";
        assert_eq!(repr(generator.asend(()).await), refused);
        assert_eq!(generator.anext().await?, Some(1));

        assert!(pin!(generator.anext()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        generator.aclose().await?;
        assert_eq!(generator.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn no_loop_is_needed_when_nothing_waits() {
    let told = Rc::new(Cell::new(false));
    let seen = Rc::clone(&told);
    let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
        let outcome = y.yield_(1).await;
        seen.set(outcome.as_ref().is_err_and(|error| error.is::<GeneratorExit>()));
        outcome.map(drop)
    });
    assert!(pin!(generator.anext()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(pin!(generator.aclose()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(told.get());
}

#[test]
fn a_generator_can_hold_another_that_is_dropped_with_it() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let mut inner = tidy(&seen);
        let mut outer = AsyncGenerator::<u32>::new(async move |mut y| {
            while let Some(n) = inner.anext().await? {
                y.yield_(10 * n).await?;
            }
            Ok(())
        });
        assert_eq!(outer.anext().await?, Some(10));
        drop(outer);
        sleep(1).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["Some(GeneratorExit())", "cleaned up"]);
}

#[test]
fn a_hundred_thousand_items_and_as_many_generators() {
    run(async {
        let mut sum = 0_u64;
        let mut long = AsyncGenerator::<u64>::new(async |mut y| {
            for n in 0..100_000 {
                y.yield_(n).await?;
            }
            Ok(())
        });
        while let Some(n) = long.anext().await? {
            sum += n;
        }
        assert_eq!(sum, 4_999_950_000);

        let closed = Rc::new(Cell::new(0));
        for _ in 0..100_000 {
            let closed = Rc::clone(&closed);
            let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
                let outcome = y.yield_(1).await;
                closed.set(closed.get() + 1);
                outcome.map(drop)
            });
            generator.anext().await?;
        }
        sleep(1).await?;
        assert_eq!(closed.get(), 100_000);
        Ok(())
    })
    .unwrap();
}

#[test]
fn generators_of_several_tasks_take_turns() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    run(async move {
        let walk = |name: &'static str| {
            let log = Rc::clone(&seen);
            async move {
                let mut generator = numbers(2);
                while let Some(n) = generator.anext().await? {
                    note(&log, format!("{name}{n}"));
                }
                Ok(())
            }
        };
        gather([walk("a"), walk("b")]).await
    })
    .unwrap();
    assert_eq!(*log.borrow(), ["a1", "b1", "a2", "b2"]);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_aclose_compatible_with_get_stack
#[test]
fn the_stack_of_a_task_that_closes_can_be_asked_for() {
    run(async {
        let generator = numbers(1);
        let closing = create_task(async move { generator.aclose().await });
        assert!(all_tasks()?.iter().all(|task| task.get_stack().len() == 1));
        closing.await
    })
    .unwrap();
}

/// How often a callback that schedules itself again runs before the loop is closed.
fn ticks_until_the_end(
    main: impl AsyncFnOnce() -> asyncio_runtime::Result<Option<AsyncGenerator<u32, u32>>> + 'static,
) -> u32 {
    fn tick(event_loop: &asyncio_runtime::EventLoop, count: &Rc<Cell<u32>>) {
        count.set(count.get() + 1);
        let (again, count) = (event_loop.clone(), Rc::clone(count));
        let _ = event_loop.call_soon(move || tick(&again, &count));
    }
    let count = Rc::new(Cell::new(0));
    let counted = Rc::clone(&count);
    let kept = run(async move {
        let kept = main().await?;
        let event_loop = asyncio_runtime::get_running_loop()?;
        let again = event_loop.clone();
        event_loop.call_soon(move || tick(&again, &counted))?;
        Ok(kept)
    });
    drop(kept);
    count.get()
}

#[test]
fn one_that_has_refused_its_first_value_is_closed_at_the_end() {
    let body = || AsyncGenerator::<u32, u32>::new(async |mut y| y.yield_(1).await.map(drop));
    assert_eq!(ticks_until_the_end(async || Ok(None)), 5);
    assert_eq!(
        ticks_until_the_end(async move || {
            let mut generator = body();
            generator.anext().await?;
            Ok(Some(generator))
        }),
        8
    );
    assert_eq!(
        ticks_until_the_end(async move || {
            let generator = body();
            assert!(generator.asend(5).await.is_err());
            Ok(Some(generator))
        }),
        8
    );
    // A dropped generator is closed by a task.
    assert_eq!(
        ticks_until_the_end(async move || {
            assert!(body().asend(5).await.is_err());
            Ok(None)
        }),
        8
    );
    // One that has not started is not.
    assert_eq!(
        ticks_until_the_end(async move || {
            drop(body());
            Ok(None)
        }),
        5
    );
}

#[test]
fn a_chain_of_generators_that_own_the_next_is_dropped() {
    const MANY: usize = 100_000;
    run(async {
        let owned = Rc::new(());
        let chain = (0..MANY).fold(None, |next: Option<AsyncGenerator<u32>>, _| {
            let owned = Rc::clone(&owned);
            Some(AsyncGenerator::<u32>::new(async move |mut y| {
                let _owned = (next, owned);
                y.yield_(1).await.map(drop)
            }))
        });
        assert_eq!(Rc::strong_count(&owned), MANY + 1);
        drop(chain);
        assert_eq!(Rc::strong_count(&owned), 1);
        Ok(())
    })
    .unwrap();
}
