//! `Barrier`: reset and abort, with tasks that wait to get in, that wait to get out, and that are in between.

use std::cell::Cell;
use std::rc::Rc;

use asyncio_locks::{Barrier, BrokenBarrierError};
use asyncio_runtime::{Result, create_task, gather};

use crate::{run, step};

const N: usize = 5;

fn broken<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.is::<BrokenBarrierError>())
}

// CPython: test_locks.BarrierTests.test_reset_barrier, test_reset_barrier_while_tasks_waiting
#[test]
fn a_reset_sends_those_away_who_wait() {
    run(async {
        let barrier = Barrier::new(N)?;
        barrier.reset().await?;
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        let waiting: Vec<_> = (1..N)
            .map(|_| {
                let barrier = barrier.clone();
                create_task(async move { barrier.wait().await })
            })
            .collect();
        step().await;
        barrier.reset().await?;
        let ends = gather(waiting).return_exceptions().await?;
        assert!(ends.len() == N - 1 && ends.iter().all(broken));
        assert_eq!(format!("{barrier:?}"), "<Barrier [filling, waiters:0/5]>");
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining
#[test]
fn a_reset_while_it_drains_sends_the_rest_away() {
    run(async {
        let barrier = Barrier::new(N)?;
        let left = Rc::new(Cell::new(0));
        let ends = gather((0..N).map(|_| {
            let (barrier, left) = (barrier.clone(), left.clone());
            async move {
                barrier.wait().await?;
                left.set(left.get() + 1);
                if left.get() == N - N / 2 {
                    barrier.reset().await?;
                }
                Ok(())
            }
        }));
        let ends = ends.return_exceptions().await?;
        assert_eq!(ends.iter().filter(|end| broken(end)).count(), N / 2);
        assert_eq!(format!("{barrier:?}"), "<Barrier [filling, waiters:0/5]>");
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting_and_waiting_again
#[test]
fn after_a_reset_all_may_wait_again() {
    run(async {
        let barrier = Barrier::new(N)?;
        let again: Vec<_> = (1..N)
            .map(|_| {
                let barrier = barrier.clone();
                create_task(async move {
                    let first = barrier.wait().await;
                    barrier.wait().await?;
                    Ok(broken(&first))
                })
            })
            .collect();
        let their = barrier.clone();
        let reset = create_task(async move { their.reset().await });
        step().await;
        barrier.wait().await?;
        assert_eq!(gather(again).await?, [true; N - 1]);
        reset.await?;
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_abort_barrier, test_abort_barrier_when_exception
#[test]
fn an_abort_sends_everybody_away() {
    run(async {
        let barrier = Barrier::new(N)?;
        let ends = gather((0..N).map(|_| {
            let barrier = barrier.clone();
            async move {
                if barrier.wait().await? == N / 2 {
                    barrier.abort().await?;
                    return Ok(());
                }
                barrier.wait().await.map(|_| ())
            }
        }));
        let ends = ends.return_exceptions().await?;
        assert_eq!(ends.iter().filter(|end| broken(end)).count(), N - 1);
        assert!(barrier.broken() && barrier.n_waiting() == 0);
        let error = barrier.wait().await.unwrap_err();
        assert_eq!(format!("{error:?}"), "BrokenBarrierError('Barrier aborted')");
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_abort_barrier_when_exception_then_resetting
#[test]
fn a_reset_mends_a_broken_barrier() {
    run(async {
        let (barrier, meeting) = (Barrier::new(N)?, Barrier::new(N)?);
        let failed = Rc::new(Cell::new(0));
        gather((0..N).map(|_| {
            let (barrier, meeting, failed) = (barrier.clone(), meeting.clone(), failed.clone());
            async move {
                match barrier.wait().await {
                    Ok(place) if place == N / 2 => barrier.abort().await?,
                    Ok(_) if barrier.wait().await.is_err_and(|error| error.is::<BrokenBarrierError>()) => {
                        failed.set(failed.get() + 1);
                    }
                    result => failed.set(failed.get() + usize::from(broken(&result))),
                }
                if meeting.wait().await? == N / 2 {
                    barrier.reset().await?;
                }
                meeting.wait().await?;
                barrier.wait().await
            }
        }))
        .await?;
        assert_eq!(failed.get(), N - 1);
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

/// `N` tasks, each of which is given the barrier and the number of tasks that have left it so far.
async fn everybody<T: 'static, F: Future<Output = Result<T>> + 'static>(
    barrier: &Barrier,
    coroutine: impl Fn(Barrier, Rc<Cell<usize>>) -> F,
) -> Result<Vec<T>> {
    let out = Rc::new(Cell::new(0));
    gather((0..N).map(|_| coroutine(barrier.clone(), out.clone()))).await
}

// CPython: test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining_half_blocking
#[test]
fn a_reset_does_not_concern_those_who_wait_for_the_next_round() {
    run(async {
        let barrier = Barrier::new(N)?;
        let first_broken = everybody(&barrier, |barrier, out| async move {
            let first = barrier.wait().await;
            if first.is_ok() {
                out.set(out.get() + 1);
                if out.get() > N / 2 {
                    barrier.reset().await?;
                }
            }
            // The second time no task is sent away.
            barrier.wait().await?;
            Ok(broken(&first))
        });
        assert_eq!(first_broken.await?.iter().filter(|broken| **broken).count(), N / 2);
        assert_eq!(format!("{barrier:?}"), "<Barrier [filling, waiters:0/5]>");
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_reset_barrier_while_tasks_draining
#[test]
fn a_reset_by_the_last_who_leaves_disturbs_nobody() {
    run(async {
        let barrier = Barrier::new(N)?;
        let places = everybody(&barrier, |barrier, out| async move {
            barrier.wait().await?;
            out.set(out.get() + 1);
            if out.get() == N {
                barrier.reset().await?;
            }
            barrier.wait().await?;
            barrier.wait().await
        });
        let mut places = places.await?;
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4]);
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_abort_barrier_when_tasks_half_draining_half_blocking
#[test]
fn an_abort_concerns_all_of_both_rounds() {
    run(async {
        let barrier = Barrier::new(N)?;
        let ends = everybody(&barrier, |barrier, out| async move {
            if let Err(error) = barrier.wait().await {
                assert!(error.is::<BrokenBarrierError>());
                return Ok("sent away before it left");
            }
            out.set(out.get() + 1);
            if out.get() > N / 2 {
                barrier.abort().await?;
                return Ok("aborted");
            }
            assert!(broken(&barrier.wait().await));
            Ok("sent away before it came back")
        });
        let ends = ends.await?;
        let count = |what| ends.iter().filter(|end| **end == what).count();
        assert_eq!(count("sent away before it left"), N / 2);
        assert_eq!((count("aborted"), count("sent away before it came back")), (1, N - N / 2 - 1));
        assert!(barrier.broken() && barrier.n_waiting() == 0);
        Ok(())
    });
}
