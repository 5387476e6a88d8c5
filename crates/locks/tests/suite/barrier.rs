//! `Barrier`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_locks::{Barrier, BrokenBarrierError};
use asyncio_runtime::{Result, create_task, gather, wait};

use crate::{run, step};

const N: usize = 5;

fn broken<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.is::<BrokenBarrierError>())
}

// test_locks.BarrierTests.test_repr, test_barrier_parties
#[test]
fn debug_tells_the_state() {
    run(async {
        let barrier = Barrier::new(N)?;
        assert_eq!((barrier.parties(), format!("{barrier:?}")), (5, "<Barrier [filling, waiters:0/5]>".into()));
        let arrive = || {
            let barrier = barrier.clone();
            create_task(async move { barrier.wait().await })
        };
        let mut tasks = vec![arrive(), arrive()];
        step().await;
        assert_eq!(format!("{barrier:?}"), "<Barrier [filling, waiters:2/5]>");
        tasks.extend([arrive(), arrive(), arrive()]);
        step().await;
        assert_eq!(format!("{barrier:?}"), "<Barrier [draining, waiters:0/5]>");
        gather(tasks).await?;
        assert_eq!(format!("{barrier:?}"), "<Barrier [filling, waiters:0/5]>");
        barrier.abort().await?;
        assert_eq!(format!("{barrier:?}"), "<Barrier [broken]>");
        Ok(())
    });
}

#[test]
fn a_barrier_for_nobody_is_an_error() {
    assert_eq!(format!("{:?}", Barrier::new(0).unwrap_err()), "ValueError('parties must be > 0')");
}

// test_locks.BarrierTests.test_filling_one_task, test_filling_one_task_twice
#[test]
fn a_barrier_for_one_does_not_hold_up() {
    run(async {
        let barrier = Barrier::new(1)?;
        assert_eq!((barrier.wait().await?, barrier.wait().await?), (0, 0));
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// test_locks.BarrierTests.test_filling_task_by_task
#[test]
fn tasks_arrive_one_by_one() {
    run(async {
        let barrier = Barrier::new(3)?;
        let mut tasks = Vec::new();
        for waiting in [1, 2, 0] {
            let barrier = barrier.clone();
            let their = barrier.clone();
            tasks.push(create_task(async move { their.wait().await }));
            step().await;
            assert_eq!(barrier.n_waiting(), waiting);
        }
        wait(&tasks).await?;
        assert!(!barrier.broken());
        Ok(())
    });
}

// test_locks.BarrierTests.test_filling_tasks_wait_twice, test_filling_tasks_check_return_value
#[test]
fn the_barrier_serves_again() {
    run(async {
        let barrier = Barrier::new(N)?;
        let order = Rc::new(RefCell::new(Vec::new()));
        let places = gather((0..N).map(|_| {
            let (barrier, order) = (barrier.clone(), order.clone());
            async move {
                barrier.wait().await?;
                order.borrow_mut().push(1);
                let place = barrier.wait().await?;
                order.borrow_mut().push(2);
                Ok(place)
            }
        }));
        let mut places = places.await?;
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2, 3, 4]);
        let order = order.borrow();
        assert_eq!((order.len(), order.iter().filter(|round| **round == 1).count()), (2 * N, N));
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// test_locks.BarrierTests.test_draining_state
#[test]
fn it_drains_until_the_last_has_left() {
    run(async {
        let barrier = Barrier::new(N)?;
        let draining = Rc::new(RefCell::new(Vec::new()));
        gather((0..N).map(|_| {
            let (barrier, draining) = (barrier.clone(), draining.clone());
            async move {
                barrier.wait().await?;
                draining.borrow_mut().push(format!("{barrier:?}").contains("draining"));
                Ok(())
            }
        }))
        .await?;
        assert_eq!(*draining.borrow(), [true, true, true, true, false]);
        Ok(())
    });
}

// test_locks.BarrierTests.test_blocking_tasks_while_draining
#[test]
fn who_comes_while_it_drains_waits_for_the_next_round() {
    run(async {
        let (barrier, others) = (Barrier::new(N)?, Barrier::new(N - 2)?);
        let again = Rc::new(Cell::new(2));
        gather((0..N).map(|_| {
            let (barrier, others, again) = (barrier.clone(), others.clone(), again.clone());
            async move {
                barrier.wait().await?;
                if again.get() > 0 {
                    again.set(again.get() - 1);
                } else {
                    others.wait().await?;
                }
                barrier.wait().await
            }
        }))
        .await?;
        assert!(barrier.n_waiting() == 0 && others.n_waiting() == 0);
        Ok(())
    });
}

// test_locks.BarrierTests.test_filling_tasks_cancel_one
#[test]
fn who_is_cancelled_does_not_count() {
    run(async {
        let barrier = Barrier::new(3)?;
        let arrive = || {
            let barrier = barrier.clone();
            create_task(async move { barrier.wait().await })
        };
        let (t1, t2) = (arrive(), arrive());
        step().await;
        assert_eq!(barrier.n_waiting(), 2);
        t1.cancel();
        step().await;
        assert!(barrier.n_waiting() == 1 && t1.cancelled());
        let t3 = arrive();
        step().await;
        assert_eq!(barrier.n_waiting(), 2);
        gather([t2, t3, arrive()]).await?;
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// test_locks.BarrierTests.test_reset_barrier, test_reset_barrier_while_tasks_waiting
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

// test_locks.BarrierTests.test_reset_barrier_when_tasks_half_draining
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

// test_locks.BarrierTests.test_reset_barrier_while_tasks_waiting_and_waiting_again
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

// test_locks.BarrierTests.test_abort_barrier, test_abort_barrier_when_exception
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

// test_locks.BarrierTests.test_abort_barrier_when_exception_then_resetting
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
