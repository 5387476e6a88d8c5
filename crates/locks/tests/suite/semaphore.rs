//! `Semaphore` and `BoundedSemaphore`.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use asyncio_locks::{BoundedSemaphore, Lock, Semaphore};
use asyncio_runtime::{Clock, Error, Result, Runner, Task, create_task, gather, get_running_loop, sleep, wait_for};

use crate::{Log, run, step};

fn acquiring(semaphore: &Semaphore, log: &Log, number: u32) -> Task<()> {
    let (semaphore, log) = (semaphore.clone(), log.clone());
    create_task(async move {
        semaphore.acquire().await?;
        log.push(number);
        Ok(())
    })
}

// CPython: test_locks.SemaphoreTests.test_initial_value_zero, test_semaphore, test_repr
#[test]
fn debug_tells_the_state() {
    run(async {
        assert!(Semaphore::new(0)?.locked());
        let semaphore = Semaphore::default();
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [unlocked, value:1]>");
        semaphore.acquire().await?;
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [locked]>");
        let _waiting = acquiring(&semaphore, &Log::default(), 1);
        step().await;
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [locked, waiters:1]>");
        assert_eq!(format!("{:?}", BoundedSemaphore::new(2)?), "<BoundedSemaphore [unlocked, value:2]>");
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_semaphore_value
#[test]
fn a_negative_value_is_an_error() {
    let expected = "ValueError('Semaphore initial value must be >= 0')";
    assert_eq!(format!("{:?}", Semaphore::new(-1).unwrap_err()), expected);
    assert_eq!(format!("{:?}", BoundedSemaphore::new(-1).unwrap_err()), expected);
}

// CPython: test_locks.SemaphoreTests.test_acquire
#[test]
fn so_many_get_in() {
    run(async {
        let (semaphore, log) = (Semaphore::new(3)?, Log::default());
        semaphore.acquire().await?;
        semaphore.acquire().await?;
        assert!(!semaphore.locked());
        let tasks = [1, 2, 3].map(|number| acquiring(&semaphore, &log, number));
        step().await;
        log.is(&[1]);
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [locked, waiters:2]>");
        let fourth = acquiring(&semaphore, &log, 4);
        semaphore.release();
        semaphore.release();
        step().await;
        log.is(&[1, 2, 3]);
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [locked, waiters:1]>");
        assert!(tasks.iter().all(|task| task.done()));
        semaphore.release();
        fourth.await
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_cancel
#[test]
fn a_cancelled_waiter_leaves_the_line() {
    run(async {
        let semaphore = Semaphore::default();
        semaphore.acquire().await?;
        let task = acquiring(&semaphore, &Log::default(), 1);
        let victim = task.clone();
        get_running_loop()?.call_soon(move || assert!(victim.cancel()))?;
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(format!("{semaphore:?}"), "<Semaphore [locked]>");
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_cancel_before_awoken
#[test]
fn a_release_passes_over_the_cancelled() {
    run(async {
        let semaphore = Semaphore::new(0)?;
        let tasks = [1, 2, 3, 4].map(|number| acquiring(&semaphore, &Log::default(), number));
        step().await;
        tasks[0].cancel();
        tasks[1].cancel();
        semaphore.release();
        step().await;
        step().await;
        assert!(tasks[2].done() && !tasks[3].done());
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_hang
#[test]
fn the_second_is_not_left_hanging() {
    run(async {
        let semaphore = Semaphore::new(0)?;
        let [first, second] = [1, 2].map(|number| acquiring(&semaphore, &Log::default(), number));
        step().await;
        first.cancel();
        semaphore.release();
        step().await;
        step().await;
        assert!(semaphore.locked() && second.done());
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_no_hang
#[test]
fn a_permit_on_its_way_to_a_cancelled_task_comes_back() {
    run(async {
        let semaphore = Semaphore::default();
        let second: Rc<RefCell<Option<Task<()>>>> = Rc::default();
        let (their, victim) = (semaphore.clone(), second.clone());
        let first = create_task(async move {
            let permit = their.permit().await?;
            sleep(0).await?;
            drop(permit);
            victim.borrow().as_ref().unwrap().cancel();
            Ok(())
        });
        let their = semaphore.clone();
        let task = create_task(async move {
            let _permit = their.permit().await?;
            panic!("it was cancelled");
        });
        second.replace(Some(task.clone()));
        first.await?;
        assert!(task.await.unwrap_err().is_cancelled());
        wait_for(semaphore.acquire(), 1).await
    });
}

// CPython: test_locks.SemaphoreTests.test_release_not_acquired, test_release_no_waiters
#[test]
fn a_bounded_semaphore_is_not_released_too_often() {
    run(async {
        let bounded = BoundedSemaphore::default();
        let error = bounded.release().unwrap_err();
        assert_eq!(format!("{error:?}"), "ValueError('BoundedSemaphore released too many times')");
        bounded.acquire().await?;
        assert!(bounded.locked());
        bounded.release()?;
        assert!(!bounded.locked());
        // Nor by a guard, or through the inner semaphore.
        let permit = bounded.permit().await?;
        bounded.release()?;
        drop(permit);
        Semaphore::release(&bounded);
        assert_eq!(format!("{bounded:?}"), "<BoundedSemaphore [unlocked, value:1]>");
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_fifo_order
#[test]
fn permits_go_round_in_order() {
    async fn twice(semaphore: Semaphore, log: Log, number: u32) -> Result<()> {
        for round in [10, 20] {
            let _permit = semaphore.permit().await?;
            log.push(round + number);
            sleep(0.01).await?;
        }
        Ok(())
    }
    run(async {
        let (semaphore, log) = (Semaphore::new(1)?, Log::default());
        gather([1, 2, 3].map(|number| twice(semaphore.clone(), log.clone(), number))).await?;
        log.is(&[11, 12, 13, 21, 22, 23]);
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_2
#[test]
fn who_releases_and_wants_again_goes_to_the_end() {
    run(async {
        let (semaphore, log) = (Semaphore::new(1)?, Log::default());
        let first = acquiring(&semaphore, &log, 1);
        let (their, their_log) = (semaphore.clone(), log.clone());
        let second = create_task(async move {
            their.acquire().await?;
            their_log.push(2);
            their.release();
            their.acquire().await?;
            their_log.push(4);
            Ok(())
        });
        let third = acquiring(&semaphore, &log, 3);
        step().await;
        semaphore.release();
        semaphore.release();
        gather([first, second, third]).await?;
        log.is(&[1, 2, 3, 4]);
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_3
#[test]
fn after_a_cancellation_the_order_holds() {
    run(async {
        let (semaphore, log) = (Semaphore::new(0)?, Log::default());
        let tasks = [1, 2, 3].map(|number| acquiring(&semaphore, &log, number));
        step().await;
        tasks[0].cancel();
        step().await;
        semaphore.release();
        semaphore.release();
        gather(tasks).return_exceptions().await?;
        log.is(&[2, 3]);
        Ok(())
    });
}

// CPython: test_locks.SemaphoreTests.test_acquire_fifo_order_4
#[test]
fn who_gets_in_wakes_all_for_whom_there_is_room() {
    run(async {
        let (semaphore, log) = (Semaphore::new(0)?, Log::default());
        let (their, their_log) = (semaphore.clone(), log.clone());
        let first = create_task(async move {
            their.acquire().await?;
            assert!(format!("{their:?}").starts_with("<Semaphore [locked"));
            let last_log = their_log.clone();
            let last = create_task(async move {
                last_log.push(4);
                Ok(())
            });
            their_log.push(1);
            last.await
        });
        let (their, their_log) = (semaphore.clone(), log.clone());
        let second = create_task(async move {
            for _ in 0..3 {
                their.release();
            }
            // There are permits, but another task is first in line.
            assert!(their.locked());
            their.acquire().await?;
            their_log.push(2);
            Ok(())
        });
        let third = acquiring(&semaphore, &log, 3);
        gather([first, second, third]).await?;
        log.is(&[1, 2, 3, 4]);
        Ok(())
    });
}

fn deadlock(stuck: impl Future<Output = Result<()>> + 'static) -> Error {
    Runner::new().clock(Clock::Virtual).run(stuck).unwrap_err()
}

#[test]
fn the_report_of_a_deadlock_says_what_was_never_released() {
    let line = line!() + 4;
    let error = deadlock(async {
        let semaphore = Semaphore::new(1)?;
        for _ in 0..2 {
            let () = semaphore.acquire().await?;
        }
        Ok(())
    });
    let hint = format!("\n    acquired at {}:{line} and never released; did you mean `permit()`?", file!());
    assert!(error.to_string().ends_with(&hint), "{error}");
    // `main` prints `Debug`: the lines, not one with `\n` in it.
    assert_eq!(format!("{error:?}"), format!("RuntimeError: {error}"));
}

#[test]
fn the_report_of_a_deadlock_has_no_hint_where_a_release_follows() {
    let guarded = deadlock(async {
        let (lock, semaphore) = (Lock::new(), Semaphore::new(2)?);
        let _permits = (semaphore.permit().await?, semaphore.permit().await?);
        // Acquired by hand, and released.
        lock.acquire().await?;
        lock.release()?;
        let _guard = lock.lock().await?;
        let _ = create_task(async move { lock.acquire().await }).named("lock");
        semaphore.acquire().await
    });
    assert!(!guarded.to_string().contains("did you mean"), "{guarded}");
    let twice = deadlock(async {
        let semaphore = Semaphore::new(2)?;
        semaphore.acquire().await?;
        semaphore.acquire().await?;
        semaphore.release();
        semaphore.acquire().await?;
        semaphore.acquire().await
    });
    assert!(twice.to_string().contains("did you mean `permit()`?"), "{twice}");
}
