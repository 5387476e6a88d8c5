//! CPython's `AsyncGenAsyncioTest`, method by method: each generator here has the body that it has there. What Python
//! writes in `finally` stands behind the yield whose outcome is kept.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_generators::{AsyncGenerator, Generator};
use asyncio_iterators::{AsyncIterator, IntoAsyncIterator};
use asyncio_runtime::{
    Clock, Error, Result, Runner, RuntimeError, ValueError, ZeroDivisionError, create_task, get_running_loop, sleep,
};

use crate::{Log, note, repr, run};

/// A counter that a body and its test share.
fn counter() -> (Rc<Cell<u32>>, Rc<Cell<u32>>) {
    let counter = Rc::new(Cell::new(0));
    (Rc::clone(&counter), counter)
}

/// Sleeps in a task that is cancelled half-way.
async fn sleep_and_be_cancelled() -> Result<()> {
    let sleeping = create_task(sleep(0.01));
    let cancelled = sleeping.clone();
    get_running_loop()?.call_later(0.005, move || assert!(cancelled.cancel()))?;
    sleeping.await
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_01
#[test]
fn the_items_are_all_that_was_yielded_before_it_returned() {
    run(async {
        let two = AsyncGenerator::<u32>::new(async |mut y| {
            for n in [1, 2] {
                y.yield_(n).await?;
                sleep(0.01).await?;
            }
            Ok(())
        });
        assert_eq!(two.collect::<Vec<_>>().await?, [1, 2]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_02
#[test]
fn an_error_of_the_body_comes_out_of_who_collects() {
    run(async {
        let failing = AsyncGenerator::<u32>::new(async |mut y| {
            y.yield_(1).await?;
            sleep(0.01).await?;
            y.yield_(2).await?;
            Err(ZeroDivisionError::default().into())
        });
        assert!(failing.collect::<Vec<_>>().await.unwrap_err().is::<ZeroDivisionError>());
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_03
#[test]
fn a_type_whose_iterator_is_a_generator_can_be_iterated() {
    struct Gen;
    impl IntoAsyncIterator for Gen {
        type Item = u32;
        type IntoAsyncIter = AsyncGenerator<u32>;

        fn aiter(self) -> AsyncGenerator<u32> {
            AsyncGenerator::new(async |mut y| {
                y.yield_(1).await?;
                sleep(0.01).await?;
                y.yield_(2).await.map(drop)
            })
        }
    }
    run(async {
        assert_eq!(Gen.aiter().collect::<Vec<_>>().await?, [1, 2]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_anext_05
#[test]
fn what_is_sent_can_be_yielded_again() {
    run(async {
        let mut echo: AsyncGenerator<u32, u32> = AsyncGenerator::new(async |mut y| {
            let sent = y.yield_(1).await?.expect("10 was sent");
            let sent = y.yield_(sent).await?.expect("12 was sent");
            y.yield_(100 * sent).await.map(drop)
        });
        assert_eq!(echo.anext().await?, Some(1));
        assert_eq!(echo.asend(10).await?, Some(10));
        assert_eq!(echo.asend(12).await?, Some(1200));
        assert_eq!(echo.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_anext_06
#[test]
fn a_body_that_catches_whatever_comes_runs_to_its_end() {
    let mut plain = Generator::<u32>::new(async |mut y| y.yield_(0).await.map(drop).or(Ok(())));
    assert_eq!(plain.next().unwrap().unwrap(), 0);
    assert!(plain.next().is_none());

    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let _ = y.yield_(0).await;
            done.set(1);
            Ok(())
        });
        assert_eq!(generator.anext().await?, Some(0));
        assert_eq!(generator.anext().await?, None);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_anext_tuple_no_exceptions
#[test]
fn one_that_has_ended_gives_the_default() {
    run(async {
        let mut empty = AsyncGenerator::<(&str, &str)>::new(async |_y| Ok(()));
        assert_eq!(empty.anext().await?, None);
        assert_eq!(asyncio_iterators::anext_or(&mut empty, ("a", "b")).await?, ("a", "b"));
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_06
#[test]
fn one_that_yields_while_it_cleans_up_has_ignored_its_closing() {
    run(async {
        let mut generator = AsyncGenerator::<u32>::new(async |mut y| {
            let outcome = y.yield_(1).await;
            sleep(0.01).await?;
            y.yield_(12).await?;
            outcome.map(drop)
        });
        generator.anext().await?;
        let refused = "RuntimeError('async generator ignored GeneratorExit')";
        assert_eq!(repr(generator.aclose().await), refused);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_07
#[test]
fn closing_waits_for_a_clean_up_that_waits_twice() {
    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let outcome = y.yield_(1).await;
            sleep(0.01).await?;
            sleep(0.01).await?;
            done.set(done.get() + 1);
            outcome?;
            done.set(done.get() + 1000);
            Ok(())
        });
        generator.anext().await?;
        generator.aclose().await
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_08
#[test]
fn closing_does_not_go_on_to_the_next_await() {
    let (done, seen) = counter();
    run(async move {
        let never = get_running_loop()?.create_future::<()>();
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let body = async {
                y.yield_(1).await?;
                never.await?;
                done.set(done.get() + 1000);
                y.yield_(2).await.map(drop)
            };
            let outcome = body.await;
            sleep(0.01).await?;
            sleep(0.01).await?;
            done.set(done.get() + 1);
            outcome?;
            done.set(done.get() + 1000);
            Ok(())
        });
        assert_eq!(generator.anext().await?, Some(1));
        generator.aclose().await
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_10
#[test]
fn a_body_may_catch_its_closing_and_return() {
    let plain = Generator::<u32>::new(async |mut y| y.yield_(0).await.map(drop).or(Ok(())));
    plain.resume().unwrap();
    plain.close().unwrap();

    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let _ = y.yield_(0).await;
            done.set(1);
            Ok(())
        });
        generator.anext().await?;
        generator.aclose().await
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_11
#[test]
fn a_body_that_catches_its_closing_and_yields_goes_no_further() {
    let plain = Generator::<u32>::new(async |mut y| {
        let _ = y.yield_(0).await;
        y.yield_(1).await.map(drop)
    });
    plain.resume().unwrap();
    assert_eq!(repr(plain.close()), "RuntimeError('generator ignored GeneratorExit')");

    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let _ = y.yield_(0).await;
            y.yield_(1).await?;
            done.set(done.get() + 1);
            Ok(())
        });
        generator.anext().await?;
        let refused = "RuntimeError('async generator ignored GeneratorExit')";
        assert_eq!(repr(generator.aclose().await), refused);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen.get(), 0);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_aclose_12
#[test]
fn a_clean_up_may_await_a_task_that_fails() {
    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let task = create_task(async {
                sleep(0.01).await?;
                Err::<(), Error>(ZeroDivisionError::default().into())
            });
            let outcome = y.yield_(1).await;
            if task.await.is_err_and(|error| error.is::<ZeroDivisionError>()) {
                done.set(1);
            }
            outcome.map(drop)
        });
        generator.anext().await?;
        generator.aclose().await
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_asend_01
#[test]
fn what_is_sent_is_answered_and_the_clean_up_is_done_at_the_end() {
    let plain = Generator::<u32, u32>::new(async |mut y| {
        let sent = y.yield_(1).await?.expect("100 was sent");
        y.yield_(2 * sent).await.map(drop)
    });
    assert_eq!(format!("{:?}", plain.resume().unwrap()), "Yielded(1)");
    assert_eq!(format!("{:?}", plain.send(100).unwrap()), "Yielded(200)");

    let (done, seen) = counter();
    run(async move {
        let mut generator: AsyncGenerator<u32, u32> = AsyncGenerator::new(async move |mut y| {
            let body = async {
                sleep(0.01).await?;
                let sent = y.yield_(1).await?.expect("100 was sent");
                sleep(0.01).await?;
                y.yield_(2 * sent).await?;
                sleep(0.01).await
            };
            let outcome = body.await;
            sleep(0.01).await?;
            sleep(0.01).await?;
            done.set(1);
            outcome
        });
        assert_eq!(generator.anext().await?, Some(1));
        assert_eq!(generator.asend(100).await?, Some(200));
        assert_eq!(generator.anext().await?, None);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

/// Yields 1, then awaits a future that fails, and cleans up, which takes two waits. Counts the clean-up as 1, and code
/// that must not be reached as 1000.
fn fails_after_one<F: Future<Output = Result<()>> + 'static>(
    done: Rc<Cell<u32>>,
    fails: impl FnOnce() -> F + 'static,
) -> AsyncGenerator<u32, u32> {
    AsyncGenerator::new(async move |mut y| {
        let body = async {
            sleep(0.01).await?;
            let sent = y.yield_(1).await?.expect("100 was sent");
            fails().await?;
            done.set(done.get() + 1000);
            y.yield_(2 * sent).await.map(drop)
        };
        let outcome = body.await;
        sleep(0.01).await?;
        sleep(0.01).await?;
        done.set(1);
        outcome
    })
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_asend_02
#[test]
fn an_error_behind_what_was_sent_comes_after_the_clean_up() {
    let (done, seen) = counter();
    let result = run(async move {
        let mut generator = fails_after_one(done, async || {
            sleep(0.01).await?;
            Err(ZeroDivisionError::default().into())
        });
        assert_eq!(generator.anext().await?, Some(1));
        generator.asend(100).await
    });
    assert!(result.unwrap_err().is::<ZeroDivisionError>());
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_asend_03
#[test]
fn a_cancellation_behind_what_was_sent_comes_after_the_clean_up() {
    let (done, seen) = counter();
    let result = run(async move {
        let mut generator = fails_after_one(done, sleep_and_be_cancelled);
        assert_eq!(generator.anext().await?, Some(1));
        generator.asend(100).await
    });
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_athrow_01
#[test]
fn what_is_thrown_is_caught_and_answered_and_the_clean_up_is_done() {
    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let body = async {
                sleep(0.01).await?;
                let value = match y.yield_(1).await {
                    Err(error) if error.is::<ValueError>() => 1000,
                    outcome => outcome.map(|_| 1)?,
                };
                sleep(0.01).await?;
                y.yield_(2 * value).await?;
                sleep(0.01).await
            };
            let outcome = body.await;
            sleep(0.01).await?;
            sleep(0.01).await?;
            done.set(1);
            outcome
        });
        assert_eq!(generator.anext().await?, Some(1));
        assert_eq!(generator.athrow(ValueError::new("foo")).await?, Some(2000));
        assert_eq!(generator.anext().await?, None);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_athrow_02
#[test]
fn a_cancellation_while_an_error_is_handled_comes_after_the_clean_up() {
    let (done, seen) = counter();
    let at_the_end = Rc::clone(&seen);
    let result = run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let body = async {
                sleep(0.01).await?;
                match y.yield_(1).await {
                    Err(error) if error.is::<ValueError>() => sleep_and_be_cancelled().await?,
                    outcome => outcome.map(drop)?,
                }
                y.yield_(2).await?;
                sleep(0.01).await
            };
            let outcome = body.await;
            sleep(0.01).await?;
            sleep(0.01).await?;
            done.set(1);
            outcome
        });
        assert_eq!(generator.anext().await?, Some(1));
        let outcome = generator.athrow(ValueError::new("foo")).await;
        assert_eq!(seen.get(), 1, "the clean-up is over when the error comes out");
        outcome
    });
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(at_the_end.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_athrow_03
#[test]
fn a_body_that_catches_what_is_thrown_and_returns_ends() {
    let plain = Generator::<u32>::new(async |mut y| y.yield_(0).await.map(drop).or(Ok(())));
    plain.resume().unwrap();
    assert_eq!(format!("{:?}", plain.throw(ValueError::new("x")).unwrap()), "StopIteration(Some(()))");

    let (done, seen) = counter();
    run(async move {
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let _ = y.yield_(0).await;
            done.set(1);
            Ok(())
        });
        generator.anext().await?;
        assert_eq!(generator.athrow(ValueError::new("x")).await?, None);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen.get(), 1);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_expression_01
#[test]
fn a_function_may_give_an_expression_over_a_generator() {
    fn doubled(last: u32) -> impl AsyncIterator<Item = u32> {
        let numbers = AsyncGenerator::<u32>::new(async move |mut y| {
            for n in 0..last {
                sleep(0.01).await?;
                y.yield_(n).await?;
            }
            Ok(())
        });
        numbers.map(|n| 2 * n)
    }
    run(async {
        assert_eq!(doubled(10).collect::<Vec<_>>().await?, (0..10).map(|n| 2 * n).collect::<Vec<_>>());
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_shutdown_01
#[test]
fn those_whose_tasks_are_cancelled_while_they_wait_clean_up() {
    let (finalized, seen) = counter();
    let runner = Runner::new().clock(Clock::Virtual);
    let tasks = runner
        .run(async move {
            let tasks = [(), ()].map(|()| {
                let finalized = Rc::clone(&finalized);
                create_task(async move {
                    let mut waiter = AsyncGenerator::<u32>::new(async move |mut y| {
                        let body = async {
                            sleep(1).await?;
                            y.yield_(1).await.map(drop)
                        };
                        let outcome = body.await;
                        sleep(0).await?;
                        finalized.set(finalized.get() + 1);
                        outcome
                    });
                    while waiter.anext().await?.is_some() {}
                    Ok(())
                })
            });
            sleep(0.1).await?;
            Ok(tasks)
        })
        .unwrap();
    let event_loop = runner.get_loop().unwrap();
    assert!(tasks.iter().all(|task| task.cancel()), "both wait");
    for task in tasks {
        assert!(event_loop.run_until_complete(task).unwrap_err().is_cancelled());
    }
    let closing = event_loop.clone();
    event_loop.run_until_complete(async move { closing.shutdown_asyncgens().await }).unwrap();
    assert_eq!(seen.get(), 2);
}

/// The reports of a program that leaves a loop over two items after the first, and does not hold the generator.
fn reports_of_a_loop_that_is_left(cleans_up: bool) -> Vec<String> {
    let log = Log::default();
    let told = Rc::clone(&log);
    let runner = Runner::new().clock(Clock::Virtual);
    runner.get_loop().unwrap().set_exception_handler(Some(Box::new(move |context| {
        note(&told, format!("{} {:?}", context.message, context.exception));
    })));
    runner
        .run(async move {
            let mut items = AsyncGenerator::<u32>::new(async move |mut y| {
                let outcome = async {
                    y.yield_(1).await?;
                    y.yield_(2).await.map(drop)
                };
                let outcome = outcome.await;
                if cleans_up { outcome } else { Err(RuntimeError::new("cannot clean up").into()) }
            });
            assert_eq!(items.anext().await?, Some(1));
            Ok(())
        })
        .unwrap();
    runner.close();
    log.take()
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_asyncgen_nonstarted_hooks_are_cancellable
#[test]
fn leaving_a_loop_as_the_program_ends_is_no_error() {
    assert_eq!(reports_of_a_loop_that_is_left(true), [""; 0]);
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_shutdown_exception_02
#[test]
fn an_error_of_one_that_is_dropped_as_the_program_ends_is_reported() {
    let expected = "unhandled exception during asyncio.run() shutdown Some(RuntimeError('cannot clean up'))";
    assert_eq!(reports_of_a_loop_that_is_left(false), [expected]);
}
