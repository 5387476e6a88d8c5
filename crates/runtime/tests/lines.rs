//! `WaitQueue`: who is woken, who counts as waiting, and who has left. Locks, queues and events stand on it.

#[macro_use]
extern crate asyncio_testing;

use std::cell::RefCell;
use std::future::Future as StdFuture;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use asyncio_runtime::*;

fn virtually<T: 'static>(main: impl StdFuture<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// Creates tasks that wait in line, and lets them begin to.
async fn waiters<const N: usize>(line: &WaitQueue) -> Result<[Task<()>; N]> {
    let tasks = std::array::from_fn(|_| create_task(line.wait()));
    sleep(0).await?;
    assert_eq!(line.len(), N);
    Ok(tasks)
}

#[test]
fn all_that_wait_are_woken_and_leave_when_they_run() {
    virtually(async {
        let line = WaitQueue::new("door");
        let tasks: [_; 3] = waiters(&line).await?;
        assert_eq!(line.not_woken(), 3);
        assert!(line.wake_one());
        assert_eq!((line.len(), line.not_woken()), (3, 2));
        assert_eq!(line.wake_all(), 2);
        assert_eq!((line.len(), line.not_woken()), (3, 0));
        sleep(0).await?;
        assert!(tasks.iter().all(|task| task.done()) && line.is_empty());
        Ok(())
    })
    .unwrap();
}

// As in CPython's `Lock._wake_up_first`, which looks only at the first waiter.
#[test]
fn the_front_is_woken_once_and_nothing_behind_it() {
    virtually(async {
        let line = WaitQueue::new("door");
        let [first, second]: [_; 2] = waiters(&line).await?;
        assert!(line.wake_front());
        assert!(!line.wake_front());
        first.await?;
        assert!(!second.done());
        assert!(line.wake_front());
        second.await
    })
    .unwrap();
}

#[test]
fn a_cancelled_waiter_counts_as_one_until_it_leaves() {
    virtually(async {
        let line = WaitQueue::new("door");
        let [first, second]: [_; 2] = waiters(&line).await?;
        first.cancel();
        assert!(!line.all_cancelled());
        sleep(0).await?;
        assert!(first.cancelled());
        assert_eq!((line.len(), line.all_cancelled()), (1, false));
        second.cancel();
        assert!(line.all_cancelled());
        Ok(())
    })
    .unwrap();
}

thread_local! {
    /// The wait that a waker begins.
    static JOINS: RefCell<Option<Pin<Box<LineWait>>>> = const { RefCell::new(None) };
}

struct Joins;

impl Wake for Joins {
    fn wake(self: Arc<Self>) {
        JOINS.with_borrow_mut(|joins| {
            let wait = joins.as_mut().expect("it is there");
            assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        });
    }
}

#[test]
fn a_waiter_that_joins_while_all_are_woken_waits_for_the_next_time() {
    virtually(async {
        let line = WaitQueue::new("door");
        let mut wait = Box::pin(line.wait());
        JOINS.set(Some(Box::pin(line.wait())));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&Arc::new(Joins).into())).is_pending());
        assert_eq!(line.wake_all(), 1);
        let joined = JOINS.take().expect("it is there");
        assert!(wait.woken() && joined.joined() && !joined.woken());
        assert_eq!((line.len(), line.not_woken()), (2, 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_released_by_hand_is_not_held_by_hand() {
    virtually(async {
        let line = WaitQueue::new("door").exclusive();
        let at = Location::caller();
        let waiter = create_task(line.wait());
        sleep(0).await?;
        let held_at = || waiter.waits_on().expect("it waits").acquired_at;
        assert_eq!(held_at(), None);
        (0..2).for_each(|_| line.set_acquired_by_hand(at, "guard"));
        assert_eq!(held_at(), Some(at));
        line.set_released_by_hand();
        assert_eq!(held_at(), Some(at));
        line.set_released_by_hand();
        assert_eq!(held_at(), None);
        line.wake_one();
        waiter.await
    })
    .unwrap();
}

#[test]
fn a_line_that_is_opened_wakes_all_that_wait_and_holds_up_no_later_one() {
    virtually(async {
        let line = WaitQueue::new("door");
        let tasks: [_; 2] = waiters(&line).await?;
        line.open();
        assert_eq!((line.is_open(), line.not_woken()), (true, 0));
        gather(tasks).await?;
        let mut late = std::pin::pin!(line.wait());
        assert!(late.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        line.close();
        assert_eq!((line.is_open(), line.len()), (false, 0));
        let [closed_out] = waiters(&line).await?;
        assert!(!closed_out.done());
        line.open();
        closed_out.await
    })
    .unwrap();
}

#[test]
fn a_waiter_that_is_cancelled_has_left_when_it_raises() {
    virtually(async {
        let line = WaitQueue::new("door");
        let waiting = line.clone();
        let task = create_task(async move {
            let mut wait = waiting.wait();
            assert!((&mut wait).await.unwrap_err().is_cancelled());
            Ok((waiting.len(), wait.woken()))
        });
        sleep(0).await?;
        task.cancel();
        assert_eq!(task.await?, (0, false));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_waiter_whose_wait_is_dropped_has_left() {
    virtually(async {
        let line = WaitQueue::new("door");
        let mut wait = Box::pin(line.wait());
        assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(line.len(), 1);
        drop(wait);
        assert!(line.is_empty() && !line.wake_one());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_in_line_knows_which_task_holds_what_it_waits_for() {
    virtually(async {
        let line = WaitQueue::new("door").exclusive();
        let held = line.clone();
        let holder = create_task(async move {
            held.set_acquired();
            sleep(1).await
        });
        let [waiter] = waiters(&line).await?;
        let wait = waiter.waits_on().expect("it waits");
        assert_eq!((wait.held_by, wait.holder_is_done), (Some(holder.as_task()), false));
        holder.await?;
        let wait = waiter.waits_on().expect("it still does");
        assert_eq!((wait.held_by, wait.holder_is_done), (None, true));
        line.open();
        waiter.await
    })
    .unwrap();
}
