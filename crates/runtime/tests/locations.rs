//! Where an error says that it was raised: in a line of the program, never in one of this library.

#[macro_use]
extern crate asyncio_testing;

use std::future::pending;

use asyncio_runtime::*;

/// A future of another crate. It has no line of its own.
async fn foreign() -> Result<()> {
    pending().await
}

fn run_virtual<T: 'static>(main: impl std::future::Future<Output = Result<T>> + 'static) -> Result<T> {
    Runner::new().clock(Clock::Virtual).run(main)
}

/// The error was raised in this line of this file.
#[track_caller]
fn is_at<T>(result: Result<T>, line: u32) {
    let Err(error) = result else { panic!("it is an error") };
    let at = error.location().unwrap_or_else(|| panic!("{error} has no location"));
    assert_eq!((at.file(), at.line()), (file!(), line), "{error}");
}

/// Cancels `task` when it waits, and returns its error.
async fn cancelled(task: Task<()>) -> Result<()> {
    sleep(0.5).await?;
    assert!(task.cancel());
    task.await
}

#[test]
fn a_time_limit_around_a_foreign_future_expires_at_its_block() {
    run_virtual(async {
        sleep(0.1).await?;
        let (result, line) = (wait_for(foreign(), 1).await, line!());
        is_at(result, line);

        let limit = timeout(1);
        let block = limit.run(async |_| {
            sleep(0.1).await?; // this await is over when the limit expires
            wait_for(sleep(0.1), 1).await?; // so is this block
            foreign().await
        });
        is_at(block.await, line + 4);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_cancelled_at_a_foreign_future_names_the_innermost_block() {
    run_virtual(async {
        let line = line!();
        let group = create_task(async {
            sleep(0.1).await?;
            TaskGroup::new().run(async |_| foreign().await).await
        });
        is_at(cancelled(group).await, line + 3);
        let block = create_task(async { cancel_boundary(foreign()).await });
        is_at(cancelled(block).await, line + 6);
        let inner = create_task(async {
            timeout(5)
                .run(async |_| {
                    sleep(0.1).await?;
                    wait_for(foreign(), 5).await
                })
                .await
        });
        is_at(cancelled(inner).await, line + 12);
        let alone = create_task(async { cancellable(foreign()).await? });
        is_at(cancelled(alone).await, line + 17);
        let none = create_task(foreign());
        is_at(cancelled(none).await, line + 19);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_fails_where_its_block_is_run() {
    run_virtual(async {
        let fails = async || {
            sleep(0.1).await?;
            Err::<(), _>(ValueError::new("no tea").into())
        };
        let line = line!();
        let foreign_body = TaskGroup::new().run(async |group| {
            drop(group.create_task(fails())?);
            foreign().await
        });
        is_at(foreign_body.await, line + 1);
        let own_body = TaskGroup::new().run(async |group| Ok(group.create_task(fails())?));
        is_at(own_body.await, line + 6);

        let by_hand = TaskGroup::new();
        by_hand.enter()?;
        drop(by_hand.create_task(fails())?);
        let result = by_hand.exit(Ok(())).await;
        is_at(result, line + 12);

        let stopped = TaskGroup::new();
        stopped.cancel();
        let result = stopped.run(async |_| foreign().await).await;
        is_at(result, line + 17);
        is_at(stopped.enter(), line + 19);
        is_at(stopped.run(async |_| Ok(())).await, line + 20);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellation_is_raised_at_the_await() {
    run_virtual(async {
        let line = line!();
        let sleeps = create_task(async { sleep(60).await });
        is_at(cancelled(sleeps).await, line + 1);
        let waits = create_task(async { get_running_loop()?.create_future().await });
        is_at(cancelled(waits).await, line + 3);
        let in_line = create_task(async { WaitQueue::new("Bell").wait().await });
        is_at(cancelled(in_line).await, line + 5);
        let at_once = create_task(sleep(60));
        assert!(at_once.cancel());
        is_at(at_once.await, line + 7);
        let (one, two) = (create_task(sleep(60)), create_task(sleep(60)));
        assert!(one.cancel_with("enough") && two.cancel_with("enough"));
        let both = gather([one, two]).await;
        is_at(both, line + 10);
        let shared = create_task(sleep(60)); // the first that awaits it gets its error, the next a new one
        let own = shared.clone();
        get_running_loop()?.call_later(1, move || _ = own.cancel())?;
        let [first, second] = [shared.clone(), shared].map(|task| create_task(async move { (&task).await }));
        is_at(first.await, line + 14);
        is_at(second.await, line + 17);
        Ok(())
    })
    .unwrap();
}

/// Not where the task was while it cleaned up.
#[test]
fn a_time_limit_expires_at_the_await_that_was_cancelled() {
    run_virtual(async {
        let line = line!();
        let block = async {
            let cancelled = sleep(60).await;
            sleep(0.1).await?;
            cancelled
        };
        is_at(wait_for(block, 1).await, line + 2);
        is_at(wait_for(sleep(60), 0).await, line + 7);
        let limit = timeout(1);
        limit.enter()?;
        let result = sleep(60).await;
        is_at(limit.exit(result), line + 10);
        for next in as_completed([sleep(60)]).timeout(1)? {
            is_at(next.await, line + 12);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_refused_is_refused_in_the_line_of_the_call() {
    run_virtual(async {
        let line = line!();
        is_at(sleep(f64::NAN).await, line + 1);
        is_at(wait::<Task<()>>([]).await.map(drop), line + 2);
        is_at(wait_for(sleep(0), f64::NAN).await, line + 3);
        let limit = timeout(1);
        limit.run(async |_| Ok(())).await?;
        is_at(limit.run(async |_| Ok(())).await, line + 6);
        is_at(limit.enter(), line + 7);
        is_at(limit.reschedule(1.0), line + 8);
        Ok(())
    })
    .unwrap();
}

/// Better none than one of this library.
#[test]
fn an_error_that_no_task_raises_has_no_location() {
    let task = run_virtual(async { Ok(create_task(sleep(60))) }).unwrap();
    let error = task.exception().unwrap_err();
    assert!(error.is_cancelled() && error.location().is_none());
}
