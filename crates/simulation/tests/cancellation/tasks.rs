//! Tasks, and waits for them.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use asyncio::simulation::afterwards;
use asyncio::{
    Result, ScopedTaskGroup, Task, TaskGroup, TimeoutError, as_completed, cancel_boundary, cancellable, coroutine,
    create_task, gather, gather_scoped, get_running_loop, shield, sleep, sleep_result, timeout, wait, wait_for,
};

use crate::{Row, Seen, Sight, counting, probe};

/// A companion that takes a second, and must not be disturbed.
fn undisturbed(delay: f64) -> Task<()> {
    let task = create_task(sleep(delay));
    let left = task.clone();
    afterwards(move || assert!(left.done() && !left.cancelled(), "it was cancelled"));
    task
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        sleeps(),
        sleeps_with_result(),
        boundary(),
        foreign(),
        wrapped(),
        future(),
        line(),
        gathers(),
        waits(),
        completed(),
        next_completed(),
        limited(),
        limits(),
        shields(),
        groups(),
        groups_until(),
        exits(),
        exits_until(),
        scoped_gathers(),
        scoped_groups(),
        scoped_groups_until(),
    ]
}

fn sleeps() -> Row {
    Row::new("runtime/asyncio/tasks/sleep sleep", "Dropping it cancels the timer.").clean("sleep", || {
        probe(|| {
            let begun = get_running_loop().unwrap().time();
            afterwards(move || assert!(get_running_loop().unwrap().time() - begun < 7200.0));
            sleep(3600)
        })
    })
}

fn sleeps_with_result() -> Row {
    Row::new("runtime/asyncio/tasks/sleep sleep_result", "Dropping it cancels the timer.").clean("a result", || {
        probe(|| {
            let begun = get_running_loop().unwrap().time();
            let result = Rc::new(());
            let counted = Rc::clone(&result);
            afterwards(move || {
                assert!(get_running_loop().unwrap().time() - begun < 7200.0);
                assert_eq!(Rc::strong_count(&counted), 1);
            });
            sleep_result(3600, result)
        })
    })
}

/// The target awaits a wrapped coroutine, in which the cancellation arrives.
fn arrives<M>(wrap: impl FnOnce(Pin<Box<dyn Future<Output = Result<()>>>>) -> M) -> impl Future<Output = Result<()>>
where
    M: Future<Output = Result<()>>,
{
    let (inside, outside) = (Seen::default(), Seen::default());
    let noted = outside.clone();
    let content = inside.clone().note(sleep(1));
    afterwards(move || assert_eq!(inside.get(), outside.get(), "inside and outside"));
    noted.note(wrap(Box::pin(content)))
}

fn boundary() -> Row {
    Row::new(
        "runtime/asyncio/tasks/boundary cancel_boundary",
        "A cancellation arrives in `content`, at what it awaits.",
    )
    .clean("a coroutine", || probe(|| arrives(|content| cancel_boundary(content))))
}

fn wrapped() -> Row {
    Row::new("runtime/asyncio/coroutines coroutine", "A cancellation arrives in the future, at what it awaits.").clean(
        "a coroutine",
        || {
            // One that was never awaited warns.
            probe(|| arrives(|content| async move { coroutine(content).await }))
        },
    )
}

fn foreign() -> Row {
    Row::new("runtime/asyncio/tasks/boundary cancellable", "Drops the future.").clean(
        "one that a companion wakes",
        || {
            probe(|| {
                let (waker, sets) = (Rc::new(RefCell::new(None::<Waker>)), Rc::new(Cell::new(false)));
                let (wakes, is_set, alive) = (Rc::clone(&waker), Rc::clone(&sets), Rc::new(()));
                create_task(async move {
                    sleep(1).await?;
                    sets.set(true);
                    let waker = wakes.take();
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                    Ok(())
                });
                let counted = Rc::clone(&alive);
                afterwards(move || assert_eq!(Rc::strong_count(&counted), 1));
                cancellable(poll_fn(move |cx| {
                    let _alive = &alive;
                    waker.replace(Some(cx.waker().clone()));
                    if is_set.get() { Poll::Ready(()) } else { Poll::Pending }
                }))
            })
        },
    )
}

fn future() -> Row {
    Row::new(
        "runtime/asyncio/futures Future",
        "Cancelling a task that awaits the future cancels the future, and with it all other tasks that await it. To prevent \
         that, await it through [`shield`](crate::shield). Dropping an await, by a `select!` for example, only stops waiting.",
    )
    .clean("a future that a companion completes", || {
        probe(|| {
            let future = get_running_loop().unwrap().create_future();
            let (sets, left, seen) = (future.clone(), future.clone(), Seen::default());
            create_task(async move {
                sleep(1).await?;
                if !sets.done() {
                    sets.set_result(())?;
                }
                Ok(())
            });
            let noted = seen.clone();
            afterwards(move || {
                let is_late = !left.cancelled();
                assert!(seen.get() == Sight::Cancelled || is_late, "dropping the await has cancelled the future");
            });
            async move { noted.note(async { future.await }).await }
        })
    })
}

fn line() -> Row {
    Row::new("runtime/asyncio/wait_queue wait", "Cancelled or dropped, it leaves the line.").clean(
        "a line of two",
        || {
            probe(|| {
                let queue = asyncio::WaitQueue::new("line");
                let (other, wakes) = (queue.clone(), queue.clone());
                create_task(async move {
                    sleep(0.5).await?;
                    other.wait().await
                });
                create_task(async move {
                    for _ in 0..2 {
                        sleep(1).await?;
                        wakes.wake_one();
                    }
                    Ok(())
                });
                async move { queue.wait().await }
            })
        },
    )
}

fn gathers() -> Row {
    Row::new(
        "runtime/asyncio/tasks/gather gather",
        "Cancelling the group, or the task that awaits it, cancels every member that is not done. The group ends when they have, \
         with a `CancelledError` even under `return_exceptions`. If the group is dropped instead, the members go on.",
    )
    .leaves(
        "of coroutines",
        || probe(|| async { gather([sleep(1), sleep(2)]).await }),
        &["dropped at await 1, at once: tasks are left: "],
    )
}

fn waits() -> Row {
    Row::new("runtime/asyncio/tasks/wait wait", "Raises `CancelledError`; the tasks go on.").clean(
        "of two tasks",
        || {
            probe(|| {
                let tasks = [undisturbed(1.0), undisturbed(2.0)];
                async move { wait(&tasks).await }
            })
        },
    )
}

const AS_COMPLETED: &str = "Cancelling the task that awaits an item does not cancel the awaitables. No result is lost: a wait that \
     began and was cancelled or dropped can be repeated.";

fn completed() -> Row {
    Row::new("runtime/asyncio/tasks/as_completed as_completed", AS_COMPLETED).clean("of two tasks", || {
        probe(|| {
            let tasks = [undisturbed(2.0), undisturbed(1.0)];
            async move {
                for next in as_completed(tasks) {
                    next.await?;
                }
                Ok(())
            }
        })
    })
}

fn next_completed() -> Row {
    Row::new("runtime/asyncio/tasks/as_completed anext", "Cancelling loses nothing: the next call gets the same task.")
        .clean("of two tasks", || {
            probe(|| {
                let mut all = as_completed([undisturbed(2.0), undisturbed(1.0)]);
                async move {
                    while let Some(task) = all.anext().await? {
                        assert!(task.done());
                    }
                    Ok(())
                }
            })
        })
}

fn limited() -> Row {
    Row::new(
        "runtime/asyncio/tasks/wait_for wait_for",
        "Cancels the awaitable; wrap it in [`shield`](crate::shield) to keep it running.",
    )
    .clean("of a coroutine", || probe(|| async { wait_for(sleep(1), 60).await }))
    .clean("that expires", || {
        probe(|| async {
            let error = wait_for(sleep(60), 1).await.unwrap_err();
            if error.is::<TimeoutError>() { Ok(()) } else { Err(error) }
        })
    })
    .clean("of a task", || {
        probe(|| {
            let task = create_task(sleep(1));
            let (left, seen) = (task.clone(), Seen::default());
            let noted = seen.clone();
            afterwards(move || assert!(left.done() && (left.cancelled() || left.result().is_ok())));
            async move { noted.note(wait_for(&task, 60)).await }
        })
    })
}

fn limits() -> Row {
    Row::new(
        "runtime/asyncio/timeouts run",
        "A cancellation from outside is raised, even if the limit expires in the same step.",
    )
    .clean("a block", || probe(|| async { timeout(60).run(async |_| sleep(1).await).await }))
    .clean("a limit that expires when the block is woken", || {
        probe(|| async {
            timeout(1)
                .run(async |_| sleep(1).await)
                .await
                .or_else(|error| if error.is::<TimeoutError>() { Ok(()) } else { Err(error) })
        })
    })
}

fn shields() -> Row {
    Row::new("runtime/asyncio/tasks/shield shield", "").clean("a task", || {
        probe(|| {
            let task = undisturbed(1.0);
            async move { shield(&task).await }
        })
    })
}

/// A group with two tasks, one of which has a clean-up that waits.
async fn block(group: TaskGroup) -> Result<()> {
    let _ = group.create_task(sleep(2));
    let _ = group.create_task(async {
        let slept = sleep(1).await;
        sleep(0.1).await?;
        slept
    });
    sleep(0.5).await
}

fn groups() -> Row {
    Row::new(
        "runtime/asyncio/taskgroups run",
        "Cancels the tasks and waits for them. If the wait is dropped instead (an abort), the tasks are aborted.",
    )
    .clean("two tasks", || counting(|| async { TaskGroup::new().run(block).await }).run())
}

fn groups_until() -> Row {
    Row::new("runtime/asyncio/taskgroups run_until_cancelled", "Like `run`.")
        .clean("two tasks", || probe(|| async { TaskGroup::new().run_until_cancelled(block).await }))
        .clean("a result that is shared", || {
            probe(|| {
                let shared = Rc::new(());
                let counted = Rc::clone(&shared);
                afterwards(move || assert_eq!(Rc::strong_count(&counted), 1));
                async move { TaskGroup::new().run_until_cancelled(async move |_| sleep_result(1, shared).await).await }
            })
        })
}

/// What the future of the target has started goes on.
pub(crate) const GOES_ON: [&str; 1] = ["dropped at await 1, at once: tasks are left"];

const EXIT: &str = "Cancels the tasks and waits for them. If the wait is dropped instead, the tasks go on.";

/// The target leaves a group by hand.
fn leaves<M>(exit: impl FnOnce(TaskGroup) -> M) -> impl Future<Output = Result<()>>
where
    M: Future<Output = Result<()>>,
{
    let (group, seen, tasks) = (TaskGroup::new(), Seen::default(), Rc::new(RefCell::new(Vec::<Task<()>>::new())));
    let (noted, made) = (seen.clone(), Rc::clone(&tasks));
    let begun = get_running_loop().unwrap().time();
    afterwards(move || {
        let tasks = tasks.borrow();
        let ends_early = get_running_loop().unwrap().time() - begun < 1.0;
        match seen.get() {
            Sight::Returned => assert!(tasks.iter().all(|task| task.done() && !task.cancelled())),
            // Cancelled at once, or when both had ended.
            Sight::Cancelled => assert!(tasks.iter().all(|task| task.done() && task.cancelled() == ends_early)),
            Sight::Nothing => assert!(tasks.iter().all(|task| !task.cancelled()), "they do not go on"),
        }
    });
    let exit = exit(group.clone());
    async move {
        group.enter()?;
        for delay in [1, 2] {
            made.borrow_mut().push(group.create_task(sleep(delay))?);
        }
        noted.note(exit).await
    }
}

fn exits() -> Row {
    Row::new("runtime/asyncio/taskgroups exit", EXIT).leaves(
        "two tasks",
        || probe(|| leaves(|group| async move { group.exit(Ok(())).await })),
        &GOES_ON,
    )
}

fn exits_until() -> Row {
    Row::new("runtime/asyncio/taskgroups exit_until_cancelled", EXIT).leaves(
        "two tasks",
        || probe(|| leaves(|group| async move { group.exit_until_cancelled(Ok(())).await.map(drop) })),
        &GOES_ON,
    )
}

/// Two coroutines that borrow, one of which has a clean-up that waits.
async fn borrows(name: &str, cleans_up: bool) -> Result<usize> {
    let slept = sleep(1).await;
    if cleans_up {
        sleep(0.1).await?;
    }
    slept.map(|()| name.len())
}

fn scoped_gathers() -> Row {
    Row::new(
        "scope/gather gather_scoped",
        "Cancels the coroutines that are not done, and waits until they have ended. If a cancellation comes while the others \
         clean up after a failure, it is raised in place of the failure, once they have ended. If the future is dropped \
         instead, the coroutines are dropped too.",
    )
    .clean("two coroutines", || {
        probe(|| async {
            let name = String::from("short-lived");
            gather_scoped([borrows(&name, false), borrows(&name, true)]).await
        })
    })
}

fn scoped_groups() -> Row {
    Row::new(
        "scope/group run",
        "Cancels the tasks and waits for them. If the wait is dropped instead (an abort), their coroutines are dropped too.",
    )
    .clean("two tasks", || {
        probe(|| async {
            let name = String::from("short-lived");
            let group = ScopedTaskGroup::new();
            let all = group.run(async |group| {
                let _ = group.create_task(borrows(&name, true))?;
                sleep(0.5).await
            });
            all.await
        })
    })
}

fn scoped_groups_until() -> Row {
    Row::new("scope/group run_until_cancelled", "Like `run`.").clean("two tasks", || {
        probe(|| async {
            let name = String::from("short-lived");
            let group = ScopedTaskGroup::new();
            let all = group.run_until_cancelled(async |group| {
                let _ = group.create_task(borrows(&name, true))?;
                sleep(0.5).await
            });
            all.await
        })
    })
}
