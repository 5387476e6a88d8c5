//! What bodies do: await, yield, raise, catch.

use std::pin::pin;
use std::task::{Context, Waker};

use asyncio_generators::{AsyncGenerator, Generator, GeneratorExit};
use asyncio_iterators::{AsyncIterator, IntoAsyncIterator, StopAsyncIteration, aiter, anext, anext_or};
use asyncio_runtime::{
    Error, ExceptionGroup, Result, RuntimeError, TaskGroup, ValueError, ZeroDivisionError, all_tasks, create_task,
    get_running_loop, sleep,
};

use crate::{numbers, repr, run};

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_iteration_01, test_async_gen_exception_04
#[test]
fn it_awaits_between_its_yields_and_raises_what_it_raises() {
    run(async {
        assert_eq!(numbers(4).collect::<Vec<_>>().await?, [1, 2, 3, 4]);
        let mut failing = AsyncGenerator::<u32>::new(async |mut y| {
            y.yield_(1).await?;
            sleep(0.01).await?;
            Err(ZeroDivisionError::default().into())
        });
        assert_eq!(failing.anext().await?, Some(1));
        assert!(failing.anext().await.unwrap_err().is::<ZeroDivisionError>());
        assert_eq!(failing.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_generator_anext
#[test]
fn anext_raises_at_the_end_unless_there_is_a_default() {
    run(async {
        let mut two = numbers(2);
        assert_eq!((anext(&mut two).await?, anext(&mut two).await?), (1, 2));
        assert_eq!(anext_or(&mut two, 7).await?, 7);
        assert!(anext(&mut two).await.unwrap_err().is::<StopAsyncIteration>());
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_05
#[test]
fn a_stop_of_another_iterator_does_not_pass_for_its_own() {
    run(async {
        let mut outer = AsyncGenerator::<u32>::new(async |mut y| {
            let mut inner = numbers(1);
            loop {
                y.yield_(anext(&mut inner).await?).await?;
            }
        });
        assert_eq!(outer.anext().await?, Some(1));
        assert_eq!(repr(outer.anext().await), "RuntimeError('async generator raised StopAsyncIteration')");
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_10
#[test]
fn what_is_sent_comes_out_of_the_yield() {
    run(async {
        let mut echo: AsyncGenerator<u32, u32> = AsyncGenerator::new(async |mut y| {
            let mut last = 0;
            while let Some(sent) = y.yield_(last).await? {
                sleep(0.01).await?;
                if sent == 13 {
                    return Err(ValueError::new("unlucky").into());
                }
                last = 2 * sent;
            }
            Ok(())
        });
        let refused = "TypeError(\"can't send non-None value to a just-started async generator\")";
        assert_eq!(repr(echo.asend(5).await), refused);
        assert_eq!(echo.anext().await?, Some(0));
        assert_eq!(echo.asend(5).await?, Some(10));
        assert_eq!(repr(echo.asend(13).await), "ValueError('unlucky')");
        assert_eq!(echo.asend(1).await?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_thrown_can_be_caught_and_answered() {
    run(async {
        let mut retry = AsyncGenerator::<&str>::new(async |mut y| {
            let Err(error) = y.yield_("first").await else { return Ok(()) };
            if !error.is::<ValueError>() {
                return Err(error);
            }
            sleep(0.01).await?;
            y.yield_("second").await.map(drop)
        });
        retry.anext().await?;
        assert_eq!(retry.athrow(ValueError::new("x")).await?, Some("second"));
        let error: Error = RuntimeError::new("y").into();
        assert!(retry.athrow(error.clone()).await.unwrap_err().same(&error));
        assert_eq!(retry.athrow(error.clone()).await?, None, "one that has ended takes no notice");

        let mut fresh = numbers(2);
        assert!(fresh.athrow(error.clone()).await.unwrap_err().same(&error));
        assert_eq!(fresh.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_iteration_02
#[test]
fn who_asks_waits_while_the_body_waits() {
    run(async {
        let mut generator = AsyncGenerator::<u32>::new(async |mut y| {
            sleep(0).await?;
            y.yield_(123).await?;
            sleep(0).await
        });
        for item in [Some(123), None] {
            let mut next = pin!(generator.anext());
            assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(next.await?, item);
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_03
#[test]
fn an_error_of_what_the_body_awaits_is_its_own() {
    run(async {
        let mut generator = AsyncGenerator::<u32>::new(async |mut y| {
            y.yield_(123).await?;
            create_task(async { Err::<(), Error>(ValueError::new("awaited").into()) }).await?;
            y.yield_(456).await.map(drop)
        });
        let mut items = Vec::new();
        let error = loop {
            match generator.anext().await {
                Ok(item) => items.extend(item),
                Err(error) => break error,
            }
        };
        assert_eq!((items, error.is::<ValueError>()), (vec![123], true));
        Ok(())
    })
    .unwrap();
}

/// The items, and the error that ends them.
async fn all_of<T>(mut next: impl AsyncFnMut() -> Option<Result<T>>) -> (Vec<T>, String) {
    let (mut items, mut end) = (Vec::new(), "none".to_owned());
    while let Some(item) = next().await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => end = format!("{error:?}"),
        }
    }
    (items, end)
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_07, test_async_gen_exception_08, test_async_gen_exception_09
#[test]
fn a_body_that_fails_may_yield_before_it_ends_as_a_plain_one_does() {
    for fails_late in [false, true] {
        let mut plain = Generator::<u32>::new(async move |mut y| {
            let outcome = y.yield_(1).await;
            y.yield_(2).await?;
            if !fails_late {
                y.yield_(3).await?;
            }
            outcome.and(Err(ZeroDivisionError::default().into()))
        });
        let asynchronous = AsyncGenerator::<u32>::new(async move |mut y| {
            sleep(0).await?;
            let outcome = y.yield_(1).await;
            sleep(0).await?;
            y.yield_(2).await?;
            if !fails_late {
                sleep(0).await?;
                y.yield_(3).await?;
            }
            outcome.and(Err(ZeroDivisionError::default().into()))
        });
        run(async move {
            let expected = if fails_late { vec![1, 2] } else { vec![1, 2, 3] };
            let expected = (expected, "ZeroDivisionError()".to_owned());
            assert_eq!(all_of(async || plain.next()).await, expected);
            let mut asynchronous = asynchronous;
            assert_eq!(all_of(async || asynchronous.anext().await.transpose()).await, expected);
            Ok(())
        })
        .unwrap();
    }
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_11
#[test]
fn an_exit_that_is_thrown_comes_back_out() {
    run(async {
        let mut inner = numbers(2);
        inner.anext().await?;
        assert!(inner.athrow(GeneratorExit).await.unwrap_err().is::<GeneratorExit>());
        assert_eq!(inner.anext().await?, None);
        Ok(())
    })
    .unwrap();
    let mut plain = Generator::<u32>::new(async |mut y| y.yield_each([10, 20]).await);
    plain.next();
    assert!(plain.throw(GeneratorExit).unwrap_err().is::<GeneratorExit>());
    assert!(plain.next().is_none());
}

// CPython: test_asyncgen.AsyncGenTest.test_async_gen_exception_12
#[test]
fn a_body_cannot_ask_itself() {
    run(async {
        let (tell, told) = std::sync::mpsc::channel::<AsyncGenerator<u32>>();
        let mut generator = AsyncGenerator::<u32>::new(async move |mut y| {
            let mut me = told.recv().expect("sent before it began");
            let refused = "RuntimeError('anext(): asynchronous generator is already running')";
            assert_eq!(repr(me.anext().await), refused);
            y.yield_(123).await.map(drop)
        });
        tell.send(generator.clone()).unwrap();
        assert_eq!(generator.anext().await?, Some(123));
        generator.aclose().await
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_anext_04
#[test]
fn what_was_thrown_at_one_yield_does_not_touch_the_next() {
    run(async {
        for throws in [false, true] {
            let mut generator = AsyncGenerator::<u32>::new(async |mut y| {
                y.yield_(1).await?;
                sleep(0.01).await?;
                let body = async {
                    y.yield_(2).await?;
                    y.yield_(3).await
                };
                match body.await {
                    Err(error) if error.is::<ZeroDivisionError>() => y.yield_(1000).await?,
                    outcome => outcome?,
                };
                sleep(0.01).await?;
                y.yield_(4).await.map(drop)
            });
            assert_eq!((generator.anext().await?, generator.anext().await?), (Some(1), Some(2)));
            if throws {
                assert_eq!(generator.athrow(ZeroDivisionError::default()).await?, Some(1000));
            } else {
                assert_eq!(generator.anext().await?, Some(3));
            }
            assert_eq!((generator.anext().await?, generator.anext().await?), (Some(4), None));
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_asyncio_anext_tuple,
// test_async_gen_asyncio_anext_stopiteration, test_async_gen_asyncio_athrow_tuple,
// test_async_gen_asyncio_athrow_stopiteration
#[test]
fn an_item_may_look_like_an_end() {
    run(async {
        let mut ends: AsyncGenerator<Option<StopAsyncIteration>> =
            AsyncGenerator::new(async |mut y| match y.yield_(Some(StopAsyncIteration)).await {
                Err(error) if error.is::<ZeroDivisionError>() => y.yield_(None).await.map(drop),
                outcome => outcome.map(drop),
            });
        assert_eq!(ends.anext().await?, Some(Some(StopAsyncIteration)));
        assert_eq!(ends.athrow(ZeroDivisionError::default()).await?, Some(None));
        assert_eq!(ends.anext().await?, None);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_anext_iter
#[test]
fn a_default_does_not_hide_what_is_raised_into_the_wait() {
    run(async {
        for refuses in [false, true] {
            let mut generator = AsyncGenerator::<u32>::new(async move |_y| match sleep(1).await {
                Err(error) if error.is_cancelled() && refuses => sleep(1).await,
                outcome => outcome,
            });
            let task = create_task(async move { anext_or(&mut generator, 7).await });
            sleep(0).await?;
            task.cancel();
            let outcome = task.await;
            assert_eq!(outcome.is_ok_and(|item| item == 7), refuses);
        }
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_aiter, test_async_gen_aiter_class
#[test]
fn what_gives_a_generator_can_be_iterated() {
    struct ToTwo;
    impl IntoAsyncIterator for ToTwo {
        type Item = u32;
        type IntoAsyncIter = AsyncGenerator<u32>;

        fn aiter(self) -> AsyncGenerator<u32> {
            numbers(2)
        }
    }
    run(async {
        assert_eq!(aiter(numbers(2)).collect::<Vec<_>>().await?, [1, 2]);
        assert_eq!(aiter(ToTwo).collect::<Vec<_>>().await?, [1, 2]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_asyncgen.AsyncGenAsyncioTest.test_async_gen_expression_02
#[test]
fn a_comprehension_may_await_in_its_condition() {
    run(async {
        let wrap = async |n: u32| sleep(0.01).await.map(|()| n);
        let doubled = AsyncGenerator::<u32>::new(async move |mut y| {
            for n in 0..10 {
                if wrap(n).await? != 0 {
                    y.yield_(2 * n).await?;
                }
            }
            Ok(())
        });
        assert_eq!(doubled.collect::<Vec<_>>().await?, (1..10).map(|n| 2 * n).collect::<Vec<_>>());
        Ok(())
    })
    .unwrap();
}

/// Like Python's `None`, which can be sent to a generator that has not started.
#[test]
fn a_value_that_says_nothing_may_be_sent_at_the_beginning() {
    run(async {
        let numbers = numbers(2);
        assert_eq!(numbers.asend(()).await?, Some(1));
        assert_eq!(numbers.asend(()).await?, Some(2));
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_generator_exit_01
#[test]
fn a_group_around_a_yield_does_not_stand_in_the_way_of_closing() {
    run(async {
        let mut numbers = AsyncGenerator::<u32>::new(async |mut y| {
            let block = async |group: TaskGroup| {
                group.create_task(sleep(3600))?;
                y.yield_(1).await.map(drop)
            };
            TaskGroup::new().run(block).await
        });
        assert_eq!(numbers.anext().await?, Some(1));
        numbers.aclose().await?;
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

// CPython: test_taskgroups.BaseTestTaskGroup.test_taskgroup_generator_exit_04
#[test]
fn a_generator_whose_groups_task_has_failed_says_so_when_it_is_closed() {
    run(async {
        let ran = get_running_loop()?.create_future();
        let tell = ran.clone();
        let mut failing = AsyncGenerator::<u32>::new(async move |mut y| {
            let block = async |group: TaskGroup| {
                group.create_task(async move {
                    tell.set_result(())?;
                    Err::<(), _>(RuntimeError::new("t failed").into())
                })?;
                y.yield_(1).await.map(drop)
            };
            TaskGroup::new().run(block).await
        });
        assert_eq!(failing.anext().await?, Some(1));
        ran.await?;
        let error = failing.aclose().await.unwrap_err();
        let mut kinds: Vec<String> = error
            .downcast_ref::<ExceptionGroup>()
            .unwrap()
            .exceptions()
            .iter()
            .map(|error| format!("{error:?}"))
            .collect();
        kinds.sort();
        assert_eq!(kinds, ["GeneratorExit()", "RuntimeError('t failed')"]);
        Ok(())
    })
    .unwrap();
}
