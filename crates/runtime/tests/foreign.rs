//! Futures of other crates: what a cancellation does where no wait of ours can raise it.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::{Future as _, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use asyncio_runtime::*;
use futures_lite::future::{self, FutureExt as _};

type Order = Rc<RefCell<Vec<&'static str>>>;

/// Notes when it is dropped.
struct Ends(&'static str, Order);

impl Drop for Ends {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// A foreign future that never completes, and notes when it is dropped.
async fn foreign(order: &Order) -> Result<()> {
    let _ends = Ends("dropped", Rc::clone(order));
    pending().await
}

fn run_virtual<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

#[test]
fn a_time_limit_ends_the_wait_for_a_foreign_future() {
    run_virtual(async {
        let order = Order::default();
        let (wait, block) = (order.clone(), order.clone());
        let error = wait_for(async move { foreign(&wait).await }, 0.2).await.unwrap_err();
        assert!(error.is::<TimeoutError>());
        assert_eq!(*order.borrow(), ["dropped"]);
        let limit = timeout(0.2);
        let result = limit.run(async |_| foreign(&block).await).await;
        assert!(result.unwrap_err().is::<TimeoutError>() && limit.expired());
        assert_eq!(order.borrow().len(), 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_ends_whose_member_waits_for_a_foreign_future_while_another_fails() {
    let order = Order::default();
    let (member, body) = (order.clone(), order.clone());
    let error = run_virtual(async move {
        TaskGroup::new()
            .run(async move |group| {
                drop(group.create_task(async move { foreign(&member).await })?);
                drop(group.create_task(async {
                    sleep(1).await?;
                    Err::<(), _>(ValueError::new("no tea").into())
                })?);
                foreign(&body).await
            })
            .await
    });
    assert_eq!(format!("{:-}", error.unwrap_err()), "unhandled errors in a TaskGroup (1 sub-exception)");
    assert_eq!(order.borrow().len(), 2);
}

#[test]
fn run_ends_while_a_task_waits_for_a_foreign_future() {
    let order = Order::default();
    let left = order.clone();
    let task = run_virtual(async move {
        let task = create_task(async move { foreign(&left).await });
        sleep(0).await?;
        Ok(task)
    });
    assert!(task.unwrap().cancelled());
    assert_eq!(*order.borrow(), ["dropped"]);
}

/// Only the innermost block is dropped. Outer code sees a `CancelledError`, and can await in its cleanup.
#[test]
fn the_innermost_block_is_dropped_and_the_rest_cleans_up() {
    let order = Order::default();
    let seen = order.clone();
    run_virtual(async move {
        let task = create_task(async move {
            let outer = async {
                let _outer = Ends("outer", seen.clone());
                let inner = cancel_boundary(async {
                    let _inner = Ends("inner", seen.clone());
                    foreign(&seen).await
                });
                let error = inner.await.unwrap_err();
                assert_eq!(error.downcast_ref(), Some(&CancelledError::new("closing")));
                seen.borrow_mut().push("cleans up");
                sleep(1).await?;
                Err::<(), _>(error)
            };
            cancel_boundary(outer).await
        });
        sleep(0).await?;
        task.cancel_with("closing");
        let error = task.await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&CancelledError::new("closing")));
        Ok(())
    })
    .unwrap();
    assert_eq!(*order.borrow(), ["dropped", "inner", "cleans up", "outer"]);
}

#[test]
fn a_task_without_a_block_is_dropped_where_it_stands() {
    run_virtual(async {
        let order = Order::default();
        let seen = order.clone();
        let task = create_task(async move { foreign(&seen).await });
        sleep(0).await?;
        assert_eq!(task.waits_on().expect("it waits").kind, WaitKind::Foreign);
        task.cancel_with("enough");
        assert!(!task.done(), "as always, it ends in its next step");
        let error = (&task).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&CancelledError::new("enough")));
        assert!(task.cancelled());
        assert_eq!(*order.borrow(), ["dropped"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_that_aborts_itself_is_dropped_at_its_next_wait() {
    run_virtual(async {
        let start = get_running_loop()?.time();
        for wait in 0..3 {
            let order = Order::default();
            let seen = order.clone();
            let task = create_task(async move {
                let _ends = Ends("dropped", seen.clone());
                assert!(current_task()?.expect("a step").abort());
                seen.borrow_mut().push("goes on");
                match wait {
                    0 => pending().await,
                    1 => sleep(3600).await,
                    _ => get_running_loop()?.create_future().await,
                }
            });
            assert!((&task).await.unwrap_err().is_cancelled());
            assert!(task.cancelled());
            assert_eq!(*order.borrow(), ["goes on", "dropped"]);
        }
        assert_eq!(get_running_loop()?.time(), start);
        Ok(())
    })
    .unwrap();
}

/// A task that requests its own cancellation is polled once more: what it waits for may have arrived.
#[test]
fn who_cancels_itself_is_polled_once_more() {
    run_virtual(async {
        let polls = Rc::new(Cell::new(0));
        let (count, twice) = (polls.clone(), Rc::new(Cell::new(0)));
        let task = create_task(async move {
            current_task()?.expect("a step").cancel();
            poll_fn(|_| {
                count.set(count.get() + 1);
                if count.get() == 2 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            twice.set(1);
            sleep(1).await // one of ours, which raises it
        });
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(polls.get(), 2);
        Ok(())
    })
    .unwrap();
}

/// If a wait of ours is polled beside a foreign future, ours raises the cancellation, as if it were alone.
#[test]
fn what_is_ours_beside_a_foreign_future_takes_the_cancellation() {
    run_virtual(async {
        let task = create_task(async {
            let foreign = async {
                pending::<()>().await;
                Ok("foreign")
            };
            foreign.or(async { sleep_result(3600, "ours").await }).await
        });
        sleep(0).await?;
        task.cancel_with("now");
        let error = task.await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&CancelledError::new("now")));
        Ok(())
    })
    .unwrap();
}

/// A stream of another crate polls only what was woken. So the cancelled sleep in it is not polled, and the cancellation would
/// be lost.
#[test]
fn a_wait_of_ours_that_is_not_polled_any_more_does_not_hold_the_cancellation_up() {
    run_virtual(async {
        let order = Order::default();
        let seen = order.clone();
        let task = create_task(async move {
            let _ends = Ends("dropped", seen);
            let mut sleeping = pin!(sleep(3600));
            let mut polled = false;
            poll_fn(|cx| {
                if !polled {
                    polled = true;
                    assert!(sleeping.as_mut().poll(cx).is_pending());
                }
                Poll::<()>::Pending
            })
            .await;
            Ok(())
        });
        sleep(0).await?;
        task.cancel_with("enough");
        let error = task.await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&CancelledError::new("enough")));
        assert_eq!(*order.borrow(), ["dropped"]);
        Ok(())
    })
    .unwrap();
}

/// The request cannot end the wait, so it takes effect after it: it wins over the result, like a request during a last step.
#[test]
fn a_foreign_future_that_comes_with_the_cancellation_does_not_save_the_task() {
    run_virtual(async {
        let mut first = true;
        let task = create_task(async move {
            poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
            Ok("a result that comes too late")
        });
        sleep(0).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_uncancellable_future_finishes_and_the_cancellation_comes_after_it() {
    run_virtual(async {
        let waker: Rc<RefCell<Option<Waker>>> = Rc::default();
        let (kept, finished) = (waker.clone(), Rc::new(Cell::new(false)));
        let ready = finished.clone();
        let task = create_task(async move {
            uncancellable(poll_fn(|cx| {
                kept.replace(Some(cx.waker().clone()));
                if ready.get() { Poll::Ready(()) } else { Poll::Pending }
            }))
            .await;
            cancel_boundary(sleep_result(1, "not reached")).await
        });
        sleep(0).await?;
        assert!(task.cancel());
        sleep(1).await?;
        assert!(!task.done());
        finished.set(true);
        waker.take().expect("it waits").wake();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

/// A request that came before a coroutine's last step wins over its result, and the last of several requests over the others.
#[test]
fn a_cancellation_does_not_touch_an_uncancellable_future_and_ends_the_task_after_it() {
    run_virtual(async {
        let (waker, polls): (Rc<RefCell<Option<Waker>>>, Rc<Cell<u32>>) = Default::default();
        let (kept, count, finished) = (waker.clone(), polls.clone(), Rc::new(Cell::new(false)));
        let ready = finished.clone();
        let task = create_task(async move {
            uncancellable(poll_fn(|cx| {
                kept.replace(Some(cx.waker().clone()));
                count.set(count.get() + 1);
                if ready.get() { Poll::Ready(()) } else { Poll::Pending }
            }))
            .await;
            Ok("a result that comes too late")
        });
        sleep(0).await?;
        assert!(task.cancel_with("first") && task.cancel_with("second"));
        sleep(1).await?;
        assert_eq!(polls.get(), 1);
        finished.set(true);
        waker.take().expect("it waits").wake();
        let error = task.await.unwrap_err();
        assert_eq!((error.is_cancelled(), error.to_string().as_str()), (true, "second"));
        Ok(())
    })
    .unwrap();
}

/// If the caller still has the block, because it is pinned or in a race, its content is dropped all the same.
#[test]
fn what_a_cancellation_ends_is_dropped_before_the_cancellation_is_raised() {
    run_virtual(async {
        for by_boundary in [true, false] {
            let order = Order::default();
            let (block, wait) = (cancel_boundary(foreign(&order)), cancellable(foreign(&order)));
            let (mut block, mut wait) = (pin!(block), pin!(wait));
            let request = create_task({
                let main = current_task()?.expect("a task runs");
                async move { Ok(main.cancel()) }
            });
            let result = if by_boundary { block.as_mut().await } else { wait.as_mut().await.map(drop) };
            order.borrow_mut().push("raised");
            assert!(result.unwrap_err().is_cancelled());
            assert_eq!(*order.borrow(), ["dropped", "raised"]);
            assert!(request.await?);
            current_task()?.expect("a task runs").uncancel();
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellable_wait_cleans_up_as_any_of_ours_does() {
    run_virtual(async {
        let order = Order::default();
        let inside = order.clone();
        let task = create_task(async move {
            let result = cancellable(foreign(&inside)).await;
            inside.borrow_mut().push("cleaned up");
            assert!(result.unwrap_err().is_cancelled());
            sleep_result(1, "result").await
        });
        sleep(0).await?;
        assert!(task.cancel_with("stop"));
        assert_eq!(task.await?, "result");
        assert_eq!(*order.borrow(), ["dropped", "cleaned up"]);
        Ok(())
    })
    .unwrap();
}

/// As in CPython: after `current_task().cancel()`, an awaitable that has its result at once still gives it.
#[test]
fn what_does_not_wait_raises_no_cancellation() {
    run_virtual(async {
        current_task()?.expect("a task runs").cancel();
        assert_eq!(cancellable(async { 7 }).await?, 7);
        let raised = sleep(0).await.unwrap_err();
        assert!(raised.is_cancelled());
        Ok(())
    })
    .unwrap();
}

/// A cancellation that was taken back is not raised, whatever the task waits for.
#[test]
fn a_request_that_is_taken_back_drops_nothing() {
    run_virtual(async {
        let waker: Rc<RefCell<Option<Waker>>> = Rc::default();
        let kept = waker.clone();
        let task = create_task(async move {
            let mut first = true;
            poll_fn(|cx| {
                kept.replace(Some(cx.waker().clone()));
                if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            Ok("done")
        });
        sleep(0).await?;
        task.cancel();
        assert_eq!(task.uncancel(), 0);
        assert_eq!(task.await?, "done");
        Ok(())
    })
    .unwrap();
}

/// In a chain of tasks the request goes to the last, which is dropped; the others see its end.
#[test]
fn a_chain_that_ends_at_a_foreign_future_is_cancelled_from_its_end() {
    run_virtual(async {
        let inner = create_task(async { pending::<Result<()>>().await });
        let awaited = inner.clone();
        let outer = create_task(async move {
            let error = awaited.await.unwrap_err();
            assert!(error.is_cancelled());
            sleep(1).await?;
            Err::<(), _>(error)
        });
        sleep(0).await?;
        outer.cancel();
        assert!((&outer).await.unwrap_err().is_cancelled());
        assert!(inner.cancelled() && outer.cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn both_of_a_race_of_foreign_futures_are_dropped() {
    run_virtual(async {
        let order = Order::default();
        let (one, two) = (order.clone(), order.clone());
        let race = async move { future::or(foreign(&one), foreign(&two)).await };
        assert!(wait_for(race, 1).await.unwrap_err().is::<TimeoutError>());
        assert_eq!(order.borrow().len(), 2);
        Ok(())
    })
    .unwrap();
}

/// Under the virtual clock another thread has a second of real time before its silence counts as a deadlock.
#[test]
fn a_thread_wakes_a_task_under_the_virtual_clock() {
    let (send, receive) = mpsc::channel::<Waker>();
    let thread = std::thread::spawn(move || {
        let waker = receive.recv().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        waker.wake();
    });
    let mut first = true;
    run_virtual(async move {
        poll_fn(|cx| {
            if std::mem::take(&mut first) {
                send.send(cx.waker().clone()).unwrap();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        Ok(())
    })
    .unwrap();
    thread.join().unwrap();
}

#[test]
fn a_foreign_future_that_never_comes_is_a_deadlock_after_a_second() {
    let start = Instant::now();
    let error = run_virtual(async { pending::<Result<()>>().await }).unwrap_err();
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert!(error.to_string().contains("waits for a future of another crate at "), "{error}");
}

#[test]
fn a_report_names_the_function_around_a_foreign_future() {
    let error = run_virtual(async { cancellable(pending::<Result<()>>()).await? }).unwrap_err();
    let place = format!("{}:{}", file!(), line!() - 1);
    let text = format!("waits for the future of another crate in cancellable() at {place} in ");
    assert!(error.to_string().contains(&text), "{error}");
    let error = run_virtual(async { uncancellable(pending::<Result<()>>()).await }).unwrap_err();
    assert!(error.to_string().contains("the future of another crate in uncancellable() at "), "{error}");
}
