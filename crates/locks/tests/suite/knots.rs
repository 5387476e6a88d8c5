//! The report about tasks that wait for each other: the primitive that each waits for, and the task that has acquired it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use asyncio_locks::{Barrier, BoundedSemaphore, Condition, Event, Lock, Semaphore};
use asyncio_runtime::{Clock, Result, Runner, create_task, sleep};

/// The lines of the report about named tasks, each up to the location.
fn knot(program: impl Future<Output = Result<()>> + 'static) -> Vec<String> {
    let report = Runner::new().clock(Clock::Virtual).run(program).unwrap_err().to_string();
    let lines = report.lines().skip(1).map(|line| line.trim_start().split(" at ").next().unwrap().to_owned());
    // Below a line may be the hint of `acquire`.
    lines.filter(|line| !line.starts_with("Task-") && line != "acquired").collect()
}

fn start<T: 'static>(name: &str, coroutine: impl Future<Output = Result<T>> + 'static) {
    drop(create_task(coroutine).named(name));
}

/// Waits until all tasks are stuck.
async fn stuck() -> Result<()> {
    Event::new().wait().await
}

#[test]
fn locks_tell_who_acquired_them() {
    let lines = knot(async {
        let (brush, ladder) = (Lock::new(), Lock::new());
        for (name, first, second) in [("Anna", brush.clone(), ladder.clone()), ("Berta", ladder, brush)] {
            let paint = async move {
                let _first = first.lock().await?;
                sleep(1).await?;
                second.acquire().await
            };
            start(name, paint);
        }
        stuck().await
    });
    assert_eq!(
        lines,
        ["Anna waits for <Lock waiters=1>, acquired by Berta,", "Berta waits for <Lock waiters=1>, acquired by Anna,"]
    );
}

/// The holder is the last task that took the lock, also after a hand-over and after a condition's wait.
#[test]
fn a_lock_that_went_from_hand_to_hand_names_the_last() {
    let lines = knot(async {
        let condition = Condition::new();
        let guard = condition.lock().await?;
        for name in ["first", "second", "third"] {
            let condition = condition.clone();
            let keep = async move {
                let guard = condition.lock().await?;
                guard.wait().await?;
                stuck().await
            };
            start(name, keep);
        }
        sleep(1).await?;
        drop(guard);
        sleep(1).await?;
        condition.lock().await?.notify(2)?;
        stuck().await
    });
    assert_eq!(
        lines,
        [
            "first waits for <Event waiters=1>",
            "second waits for <Lock waiters=1>, acquired by first,",
            "third waits for <Condition waiters=1>",
        ]
    );
}

#[test]
fn who_took_a_lock_along_to_the_end_is_no_longer_there_to_name() {
    let lines = knot(async {
        let lock = Lock::new();
        create_task(lock.acquire()).named("forgetful").await?;
        start("waiting", lock.acquire());
        stuck().await
    });
    assert_eq!(lines, ["waiting waits for <Lock waiters=1>, acquired by a task that is done,"]);
}

/// Tasks of two loops wait for one lock. Both loops have a first task, and the two are not confused.
#[test]
fn a_task_of_another_loop_is_not_named() {
    let lock = Lock::new();
    let theirs = lock.clone();
    Runner::new().run(async move { theirs.acquire().await }).unwrap();
    let main = async move { create_task(lock.acquire()).named("waiting").await };
    assert_eq!(knot(main), ["waiting waits for <Lock waiters=1>, acquired by a task that is done,"]);
}

#[test]
fn semaphores_name_the_last_who_acquired() {
    let lines = knot(async {
        let (two, one) = (Semaphore::new(2)?, BoundedSemaphore::new(1)?);
        for name in ["a", "b", "c"] {
            let two = two.clone();
            start(name, async move {
                let _permit = two.permit().await?;
                stuck().await
            });
        }
        start("d", async move {
            one.acquire().await?;
            one.acquire().await
        });
        stuck().await
    });
    assert_eq!(lines[2], "c waits for <Semaphore waiters=1>, acquired by b,");
    assert_eq!(lines[3], "d waits for <BoundedSemaphore waiters=1>, acquired by d,");
}

#[test]
fn what_nobody_acquires_is_named_alone() {
    let lines = knot(async {
        let barrier = Barrier::new(3)?;
        for name in ["a", "b"] {
            let barrier = barrier.clone();
            start(name, async move { barrier.wait().await });
        }
        stuck().await
    });
    assert_eq!(lines, ["a waits for <Barrier waiters=2>", "b waits for <Barrier waiters=2>"]);
}

/// The report, each line below a task's without its file.
fn report(program: impl Future<Output = Result<()>> + 'static) -> Vec<String> {
    let report = Runner::new().clock(Clock::Virtual).run(program).unwrap_err().to_string();
    report.lines().skip(1).map(|line| line.trim_start().replace(concat!(file!(), ":"), "line ")).collect()
}

/// Polls a wait once, as a `select` does whose other branch is ready.
async fn poll_once<F: Future + ?Sized>(mut wait: Pin<&mut F>) {
    let ready = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_ready())).await;
    assert!(!ready);
}

/// Oxide's example: a branch of a `select` waits for a lock, and the body of the other branch wants the same lock.
#[test]
fn a_lock_that_is_offered_to_a_wait_that_is_not_polled_is_a_futurelock() {
    let line = line!() + 7;
    let lines = report(async {
        let lock = Lock::new();
        let held = lock.clone().lock().await?;
        drop(create_task(async move { sleep(1).await.map(|()| drop(held)) }));
        let other = lock.clone();
        let task = create_task(async move {
            let mut branch = pin!(lock.lock());
            poll_once(branch.as_mut()).await;
            lock.lock().await.map(drop)
        });
        drop(create_task(async move { other.lock().await.map(drop) }).named("behind"));
        task.named("futurelocked").await
    });
    let [_, futurelocked, first, behind, second] = &lines[..] else { panic!("{lines:?}") };
    let waits = format!("futurelocked waits for <Lock waiters=3> at line {}", line + 2);
    assert!(futurelocked.starts_with(&waits), "{futurelocked}");
    let wait = |of| {
        format!(
            "futurelock: the lock was released, and offered to a wait of {of} at line {line} that is not being polled"
        )
    };
    assert_eq!(*first, wait("this task"));
    assert!(behind.starts_with("behind waits for <Lock waiters=3> at "), "{behind}");
    assert_eq!(*second, wait("futurelocked"));
}

/// Part of a task is polled with a waker of its own, as in a `FuturesUnordered`.
#[test]
fn a_futurelock_is_found_behind_the_waker_of_a_combinator() {
    struct Part(Waker);

    impl Wake for Part {
        fn wake(self: Arc<Self>) {
            self.0.wake_by_ref();
        }
    }

    let line = line!() + 4;
    let lines = report(async {
        let semaphore = Semaphore::new(1)?;
        let permit = semaphore.permit().await?;
        let mut buffered = pin!(semaphore.permit());
        let ready = poll_fn(|cx| {
            let part = Waker::from(Arc::new(Part(cx.waker().clone())));
            Poll::Ready(buffered.as_mut().poll(&mut Context::from_waker(&part)).is_ready())
        });
        assert!(!ready.await);
        drop(permit);
        semaphore.acquire().await
    });
    let wait =
        format!("a permit was released, and offered to a wait of this task at line {line} that is not being polled");
    assert_eq!(lines[1], format!("futurelock: {wait}"));
}

/// The task is woken and takes the lock, so no offer is left.
#[test]
fn a_lock_that_is_taken_up_is_held_and_not_offered() {
    let lines = report(async {
        let lock = Lock::new();
        let held = lock.lock().await?;
        let mut branch = pin!(lock.lock());
        poll_once(branch.as_mut()).await;
        drop(held);
        let _guard = branch.await?;
        create_task(lock.lock()).named("behind").await.map(drop)
    });
    assert!(lines[1].starts_with("behind waits for <Lock waiters=1>, acquired by "), "{lines:?}");
    assert_eq!(lines.len(), 2);
}
