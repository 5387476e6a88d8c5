//! Nothing outlives the scope, whatever is dropped, forgotten or moved.

use std::cell::Cell;
use std::future::poll_fn;
use std::mem::forget;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asyncio_runtime::{Clock, Result, Runner, all_tasks, create_task, get_running_loop, sleep, wait_for};
use asyncio_scope::{ScopedTaskGroup, gather_scoped};
use futures_lite::future::{self, FutureExt as _};

use crate::{Dropped, Log, me, run_virtual};

/// Waits for ever; notes in which task it is dropped.
async fn waits<'a>(name: &'a str, log: &'a Log) -> Result<()> {
    asyncio_runtime::current_task()?.expect("a task").set_name(name);
    let _dropped = Dropped(name, log);
    sleep(3600).await
}

/// Polls once.
async fn once<F: Future + Unpin>(future: &mut F) {
    poll_fn(|cx| {
        let _ = std::pin::Pin::new(&mut *future).poll(cx);
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_scope_that_is_dropped_drops_its_coroutines_each_as_its_task() {
    run_virtual(async {
        let log = Log::default();
        {
            let both = gather_scoped([waits("a", &log), waits("b", &log)]);
            let other = async {
                sleep(1).await?;
                Ok(vec![])
            };
            both.or(other).await?;
        }
        assert_eq!(log.take(), ["a dropped by a", "b dropped by b"]);
        let left = || Ok::<_, asyncio_runtime::Error>(all_tasks()?.len());
        assert_eq!(left()?, 3, "their tasks end with their next step");
        sleep(0).await?;
        assert_eq!(left()?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_coroutine_of_a_task_that_never_starts_is_dropped_with_the_task() {
    run_virtual(async {
        let log = Log::default();
        let own = Dropped("a", &log);
        ScopedTaskGroup::new()
            .run(async |group| {
                let task = group.create_task(async move {
                    let _own = own;
                    sleep(3600).await
                })?;
                task.set_name("a");
                task.cancel();
                sleep(0).await?;
                assert!(task.cancelled());
                assert_eq!(*log.borrow(), ["a dropped by a"]);
                Ok(())
            })
            .await
    })
    .unwrap();
}

#[test]
fn a_caller_that_is_aborted_takes_them_with_it() {
    run_virtual(async {
        let log = Log::default();
        let own = Rc::clone(&log);
        let caller = create_task(async move { gather_scoped([waits("a", &own), waits("b", &own)]).await });
        sleep(1).await?;
        caller.abort();
        sleep(0).await?;
        assert!(caller.done());
        assert_eq!(*log.borrow(), ["a dropped by a", "b dropped by b"]);
        sleep(0).await?;
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_scope_that_is_never_awaited_runs_nothing() {
    run_virtual(async {
        let begun = Cell::new(0);
        let one = async || {
            begun.set(begun.get() + 1);
            Ok(())
        };
        drop(gather_scoped([one(), one()]));
        let kept = gather_scoped([one(), one()]);
        sleep(1).await?;
        assert_eq!(begun.get(), 0);
        kept.await?;
        assert_eq!(begun.get(), 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_scope_that_is_forgotten_runs_no_more_and_lets_the_program_end() {
    let log = Log::default();
    let own = Rc::clone(&log);
    run_virtual(async move {
        {
            let mut both = gather_scoped([waits("a", &own), waits("b", &own)]);
            once(&mut both).await;
            sleep(1).await?;
            once(&mut both).await;
            sleep(1).await?;
            forget(both);
        }
        let tasks = all_tasks()?.split_off(1);
        assert_eq!(tasks.len(), 2);
        assert!(format!("{:?}", tasks[0].get_coro().location()).contains("lifetimes.rs"));
        tasks[0].cancel();
        sleep(0).await?;
        assert!(tasks[0].cancelled());
        Ok(())
    })
    .unwrap();
    assert!(log.borrow().is_empty(), "they were leaked, and nothing looks at them: {log:?}");
}

#[test]
fn a_scope_that_waited_for_its_caller_goes_on_where_it_was() {
    run_virtual(async {
        let steps = Cell::new(0);
        let steps = &steps;
        let walk = async || {
            for _ in 0..3 {
                steps.set(steps.get() + 1);
                sleep(1).await?;
            }
            Ok(me())
        };
        let mut all = gather_scoped([walk(), walk()]);
        once(&mut all).await;
        sleep(10).await?; // the caller is here, so they stand
        assert_eq!(steps.get(), 0);
        // First for a while in a `select!`, then to the end.
        let pause = async {
            sleep(0.5).await?;
            Ok(vec![])
        };
        assert_eq!((&mut all).or(pause).await?, Vec::<String>::new());
        assert_eq!(steps.get(), 2);
        assert_eq!(all.await?.len(), 2);
        assert_eq!(steps.get(), 6);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_scope_goes_on_in_the_task_to_which_it_is_moved() {
    run_virtual(async {
        let text: &'static str = "text";
        let nap = move |n: u32| async move {
            sleep(n).await?;
            Ok(text.len() as u32 + n)
        };
        let mut both = gather_scoped([nap(1), nap(2)]);
        wait_for(poll_fn(|cx| std::pin::Pin::new(&mut both).poll(cx)), 0.5).await.unwrap_err();
        // The limit has cancelled them.
        let mut others = gather_scoped([nap(1), nap(2)]);
        once(&mut others).await;
        let other = create_task(others);
        assert_eq!(other.await?, [5, 6]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_scope_within_combinators_with_wakers_of_their_own_is_reached() {
    run_virtual(async {
        let words = ["a", "b"];
        let word = async |index: usize| {
            sleep(index).await?;
            Ok(words[index])
        };
        let inner = async { gather_scoped([word(0), word(1)]).await };
        let (both, slept) = future::zip(inner, sleep(1)).await;
        slept?;
        assert_eq!(both?, words);
        // Wakes through a waker that is not the task's.
        let mut wrapped = pin!(gather_scoped([word(1), word(0)]));
        let through = poll_fn(|cx| {
            let waker = Waker::from(std::sync::Arc::new(Through(cx.waker().clone())));
            wrapped.as_mut().poll(&mut Context::from_waker(&waker))
        });
        assert_eq!(through.await?, ["b", "a"]);
        Ok(())
    })
    .unwrap();
}

struct Through(Waker);

impl std::task::Wake for Through {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// They are reached even while the caller itself is always ready.
#[test]
fn a_busy_caller_does_not_keep_them_waiting() {
    run_virtual(async {
        let ticks = Cell::new(0);
        let walk = async || {
            for _ in 0..5 {
                sleep(0).await?;
            }
            Ok(ticks.get())
        };
        let walks = async { gather_scoped([walk(), walk()]).await };
        let busy = async {
            loop {
                ticks.set(ticks.get() + 1);
                sleep(0).await?;
            }
        };
        let ends = walks.or(busy).await?;
        assert!(ends.iter().all(|ticks| *ticks <= 7), "{ends:?}");
        Ok(())
    })
    .unwrap();
}

/// The caller does something else during the visit, and ends.
#[test]
fn a_caller_may_end_in_the_step_of_a_scoped_task() {
    run_virtual(async {
        let log = Log::default();
        let own = Rc::clone(&log);
        let caller = create_task(async move {
            let stop = Cell::new(false);
            let one = async || {
                let _dropped = Dropped("one", &own);
                sleep(1).await?;
                stop.set(true);
                sleep(3600).await
            };
            let other = async {
                let _dropped = Dropped("other", &own);
                sleep(3600).await
            };
            let both = [one().boxed_local(), other.boxed_local()];
            let watch = poll_fn(|_| if stop.get() { Poll::Ready(Ok(vec![])) } else { Poll::Pending });
            gather_scoped(both).or(watch).await
        });
        caller.await?;
        assert_eq!(log.borrow().len(), 2);
        sleep(0).await?;
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_may_cancel_or_abort_the_caller() {
    for abort in [false, true] {
        let log = Log::default();
        let own = Rc::clone(&log);
        let result = run_virtual(async move {
            let task = create_task(async move {
                let caller = asyncio_runtime::current_task()?.expect("a task");
                let stop = async || {
                    let _dropped = Dropped("stop", &own);
                    sleep(1).await?;
                    if abort {
                        caller.abort()
                    } else {
                        caller.cancel()
                    };
                    sleep(1).await
                };
                gather_scoped([stop(), stop()]).await
            });
            task.await
        });
        assert!(result.unwrap_err().is_cancelled());
        assert_eq!(log.borrow().len(), 2);
    }
}

#[test]
fn a_destructor_that_panics_keeps_no_other_from_running() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("expected");
        }
    }
    let log = Log::default();
    let own = Rc::clone(&log);
    let run = move || {
        run_virtual(async move {
            let panics = async || {
                let _panics = Panics;
                sleep(3600).await
            };
            let both = [panics().boxed_local(), waits("b", &own).boxed_local()];
            let mut both = gather_scoped(both);
            let pause = async {
                sleep(1).await?;
                Ok(vec![])
            };
            (&mut both).or(pause).await?;
            drop(both);
            Ok(())
        })
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(*log.borrow(), ["b dropped by b"]);
}

#[test]
fn a_loop_that_is_closed_drops_them() {
    let log = Log::default();
    let own = Rc::clone(&log);
    let event_loop = asyncio_runtime::EventLoop::with_clock(Clock::Virtual);
    event_loop.set_exception_handler(Some(Box::new(|_| {})));
    let caller =
        event_loop.create_task(async move { gather_scoped([waits("a", &own), waits("b", &own)]).await }).unwrap();
    let stop = event_loop.clone();
    event_loop.call_later(1, move || stop.stop()).unwrap();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    assert!(caller.cancelled());
    assert_eq!(*log.borrow(), ["a dropped by a", "b dropped by b"]);
}

#[test]
fn outside_a_loop_it_is_refused() {
    asyncio_testing::expect_panics("no running event loop");
    let gather = || drop(gather_scoped([async { Ok(()) }]));
    let payload = std::panic::catch_unwind(gather).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().map(String::as_str), Some("no running event loop"));
    let group = || ScopedTaskGroup::new().run(async |_| Ok(()));
    assert!(future::block_on(group()).is_err());
    Runner::new().clock(Clock::Virtual).run(async { gather_scoped([sleep(0)]).await }).unwrap();
}

/// Handles of a group that has ended are harmless.
#[test]
fn a_group_that_is_over_takes_no_more() {
    run_virtual(async {
        let text = String::from("text");
        let kept = Cell::new(None);
        ScopedTaskGroup::new()
            .run(async |group| {
                kept.set(Some(group.clone()));
                group.create_task(async { Ok(text.len()) })?;
                Ok(())
            })
            .await?;
        let group = kept.take().expect("it was kept");
        let error = group.create_task(async { Ok(text.len()) }).unwrap_err();
        assert_eq!(error.to_string(), "TaskGroup <TaskGroup entered> is finished");
        // The same for one whose wait was dropped.
        let group = ScopedTaskGroup::new();
        let wait = group.run(async |_| sleep(3600).await);
        let pause = async { sleep(1).await };
        wait.or(pause).await?;
        let late = group.create_task(async { Ok(text.len()) });
        sleep(1).await?;
        assert!(late.is_err() || late.is_ok_and(|task| task.cancelled()));
        assert_eq!(get_running_loop()?.time(), 2.0);
        Ok(())
    })
    .unwrap();
}
