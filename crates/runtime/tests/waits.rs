//! Waits that a program polls by hand: one that moves to another task, one among others, and one that is dropped early.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::{Future as StdFuture, poll_fn};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use asyncio_runtime::io::AsyncFd;
use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// Polls `wait` once in a task that then ends, and awaits it in another one.
async fn moved(wait: impl StdFuture<Output = Result<()>> + 'static, wake: impl FnOnce()) -> Result<()> {
    let wait: Pin<Box<dyn StdFuture<Output = Result<()>>>> = Box::pin(wait);
    let wait = Rc::new(RefCell::new(wait));
    let first = Rc::clone(&wait);
    let begin = poll_fn(move |cx| Poll::Ready(first.borrow_mut().as_mut().poll(cx).is_pending()));
    assert!(create_task(async move { Ok(begin.await) }).await?);
    let task = create_task(poll_fn(move |cx| wait.borrow_mut().as_mut().poll(cx)));
    sleep(0).await?;
    wake();
    task.await
}

#[test]
fn a_wait_that_moves_to_another_task_wakes_that_one() {
    virtually(async {
        moved(sleep(1), || ()).await?;
        let future = get_running_loop()?.create_future();
        let set = future.clone();
        moved(async { future.await }, move || set.set_result(()).expect("it is pending")).await?;
        let line = WaitQueue::new("door");
        moved(line.wait(), || assert!(line.wake_one())).await?;
        let (mut far, near) = UnixStream::pair()?;
        let near = AsyncFd::new(near)?;
        assert!(near.try_read_with(|mut socket| socket.read(&mut [0])).is_err(), "there is nothing yet");
        moved(near.readable(), move || far.write_all(b"x").expect("there is room")).await
    })
    .unwrap();
}

#[test]
fn a_waiter_that_another_wait_of_its_task_saves_from_a_cancellation_is_still_in_line() {
    virtually(async {
        let line = WaitQueue::new("door");
        let waiting = line.clone();
        let task = create_task(async move {
            let (mut nap, mut wait) = (pin!(sleep(9)), pin!(waiting.wait()));
            let napped = poll_fn(|cx| {
                let napped = nap.as_mut().poll(cx);
                if napped.is_pending() {
                    assert!(wait.as_mut().poll(cx).is_pending());
                }
                napped
            });
            assert!(napped.await.unwrap_err().is_cancelled());
            wait.await
        });
        sleep(0).await?;
        task.cancel();
        // Waking the line now passes over the cancelled waiter.
        assert!(line.all_cancelled() && !line.wake_one());
        sleep(0).await?;
        assert_eq!((line.len(), line.all_cancelled()), (1, false));
        assert!(line.wake_one());
        task.await
    })
    .unwrap();
}

/// At the request the nap has already ended, so the task raises at its next wait: the nap, not the future, which was not cancelled.
#[test]
fn a_future_that_was_not_cancelled_stays_awaited_while_the_wait_beside_it_raises() {
    virtually(async {
        let future = get_running_loop()?.create_future::<()>();
        let awaited = future.clone();
        let task = create_task(async move {
            let (mut wait, mut nap) = (pin!(awaited.into_future()), pin!(sleep(1)));
            poll_fn(|cx| {
                assert!(wait.as_mut().poll(cx).is_pending(), "the future is pending");
                nap.as_mut().poll(cx)
            })
            .await
        });
        let victim = task.clone();
        sleep(0).await?;
        get_running_loop()?.call_later(1, move || assert!(victim.cancel()))?;
        assert!((&task).await.unwrap_err().is_cancelled());
        assert!(!future.done());
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_tasks_of_a_group_whose_block_is_dropped_end() {
    virtually(async {
        let (child, runs_on) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(false)));
        let (made, flag) = (child.clone(), runs_on.clone());
        let mut block = Box::pin(TaskGroup::new().run(async move |group| {
            let child = group.create_task(async move {
                sleep(1).await?;
                flag.set(true);
                Ok(())
            })?;
            made.replace(Some(child));
            sleep(9).await
        }));
        assert!(poll_fn(|cx| Poll::Ready(block.as_mut().poll(cx).is_pending())).await);
        sleep(0).await?;
        drop(block);
        sleep(2).await?;
        let child = child.take().expect("the block has begun");
        assert_eq!((child.cancelled(), runs_on.get()), (true, false));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_sleep_that_is_dropped_takes_its_timer_with_it() {
    let event_loop = EventLoop::with_clock(Clock::Virtual);
    let dropped = async {
        let mut nap = Box::pin(sleep(3600));
        assert!(poll_fn(|cx| Poll::Ready(nap.as_mut().poll(cx).is_pending())).await);
        drop(nap);
        sleep(1).await
    };
    event_loop.run_until_complete(dropped).unwrap();
    // Virtual time advances to every remaining timer before it reports a deadlock.
    assert!(event_loop.run_until_complete(event_loop.create_future::<()>()).is_err());
    assert_eq!(event_loop.time(), 1.0);
}

#[test]
fn a_limit_whose_block_is_dropped_cancels_nothing() {
    virtually(async {
        let mut block = Box::pin(async { timeout(1).run(async |_| sleep(9).await).await });
        assert!(poll_fn(|cx| Poll::Ready(block.as_mut().poll(cx).is_pending())).await);
        drop(block);
        sleep(2).await?;
        assert_eq!(current_task()?.expect("a task runs").cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_await_that_is_dropped_does_not_wake_its_task() {
    virtually(async {
        let future = get_running_loop()?.create_future::<()>();
        let awaited = future.clone();
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        let task = create_task(async move {
            let mut wait = Box::pin(awaited.into_future());
            assert!(poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending())).await);
            drop(wait);
            let mut nap = pin!(sleep(1));
            poll_fn(|cx| {
                counted.set(counted.get() + 1);
                nap.as_mut().poll(cx)
            })
            .await
        });
        sleep(0).await?;
        future.set_result(())?;
        task.await?;
        assert_eq!(polls.get(), 2, "when the sleep begins and when it ends");
        Ok(())
    })
    .unwrap();
}
