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

/// Tasks that wait in line, and do so already.
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

// As in `Lock._wake_up_first` of CPython, which looks at the first waiter alone.
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
