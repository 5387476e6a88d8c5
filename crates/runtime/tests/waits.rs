//! Waits that a program polls by hand: one that moves to another task, one beside others, one that is dropped before its end.

#[macro_use]
extern crate asyncio_testing;

use std::cell::{Cell, RefCell};
use std::future::{Future as StdFuture, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// Polls `wait` once in a task that ends then, and awaits it in another one.
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
        moved(line.wait(), || assert!(line.wake_one())).await
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
        // What wakes the line now passes over the waiter that is cancelled.
        assert!(line.all_cancelled() && !line.wake_one());
        sleep(0).await?;
        assert_eq!((line.len(), line.all_cancelled()), (1, false));
        assert!(line.wake_one());
        task.await
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
