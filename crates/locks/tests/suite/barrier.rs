//! `Barrier`: arriving and leaving.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asyncio_locks::Barrier;
use asyncio_runtime::{create_task, gather, wait};

use crate::{run, step};

const N: usize = 5;

// CPython: test_locks.BarrierTests.test_repr, test_barrier_parties
#[test]
fn debug_tells_the_state() {
    run(async {
        let barrier = Barrier::new(N)?;
        assert_eq!((barrier.parties(), format!("{barrier:?}")), (5, "<Barrier [filling, waiters:0/5]>".into()));
        let (mut tasks, mut states) = (Vec::new(), Vec::new());
        for arriving in [2, 3, 2, 2] {
            for _ in 0..arriving {
                let barrier = barrier.clone();
                tasks.push(create_task(async move { barrier.wait().await }));
            }
            step().await;
            states.push(format!("{barrier:?}"));
            if states.len() == 3 {
                barrier.reset().await?;
                states.push(format!("{barrier:?}"));
            }
        }
        barrier.abort().await?;
        states.push(format!("{barrier:?}"));
        let seen = ["filling, waiters:2/5", "draining, waiters:0/5", "filling, waiters:2/5", "resetting, waiters:0/5"];
        assert_eq!(states[..4], seen.map(|state| format!("<Barrier [{state}]>")));
        assert_eq!(states[4..], ["<Barrier [filling, waiters:2/5]>", "<Barrier [broken]>"]);
        let ends = gather(tasks).return_exceptions().await?;
        assert_eq!(ends.iter().map_while(|end| end.as_ref().ok()).collect::<Vec<_>>(), [&0, &1, &2, &3, &4]);
        assert!(ends[N..].iter().all(|end| end.as_ref().unwrap_err().to_string() == "Abort or reset of barrier"));
        Ok(())
    });
}

#[test]
fn a_barrier_for_nobody_is_an_error() {
    assert_eq!(format!("{:?}", Barrier::new(0).unwrap_err()), "ValueError('parties must be >= 1')");
}

// CPython: test_locks.BarrierTests.test_filling_one_task, test_filling_one_task_twice
#[test]
fn a_barrier_for_one_does_not_hold_up() {
    run(async {
        let barrier = Barrier::new(1)?;
        assert_eq!((barrier.wait().await?, barrier.wait().await?), (0, 0));
        assert!(barrier.n_waiting() == 0 && !barrier.broken());
        Ok(())
    });
}

// CPython: test_locks.BarrierTests.test_filling_task_by_task
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

// CPython: test_locks.BarrierTests.test_filling_tasks_wait_twice, test_filling_tasks_check_return_value
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

// CPython: test_locks.BarrierTests.test_draining_state
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

// CPython: test_locks.BarrierTests.test_blocking_tasks_while_draining
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

// CPython: test_locks.BarrierTests.test_filling_tasks_cancel_one
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
