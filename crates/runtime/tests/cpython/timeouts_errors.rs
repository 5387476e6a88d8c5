//! `test_timeouts`: the place of a timeout in a chain of errors, each raised while the one before was being handled.

use asyncio_runtime::*;

use crate::support::*;
use crate::timeouts::{UP, within};

/// The chain of errors that were being handled, the latest first.
fn chain(error: &Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.context()).map(|error| format!("{error:?}")).collect()
}

fn failing(name: &'static str) -> Error {
    LookupError::new(name).into()
}

// CPython: test_timeouts.TimeoutTests.test_timeout_exception_context
#[test]
fn a_timeout_remembers_its_cancellation_and_what_was_before() {
    virtually(async {
        let result = within(0.01, async |_| sleep(1).await.map_err(|error| error.during(failing("before"))));
        let error = result.await.unwrap_err();
        assert_eq!(chain(&error), [UP, "CancelledError()", "LookupError('before')"]);
        assert_eq!(format!("{:?}", error.source().unwrap()), "CancelledError()");
        Ok(())
    })
    .unwrap();
}

/// Reports name a line of the program, and not one of the library.
#[test]
fn a_time_limit_expires_where_the_task_waited() {
    virtually(async {
        let (awaited, line) = (wait_for(sleep(1), 0.01).await, line!());
        let at_once = wait_for(sleep(1), 0).await;
        let block = within(0.01, async |_| sleep(1).await).await;
        let lines = [awaited, at_once, block].map(|result| result.unwrap_err().location().unwrap());
        assert_eq!(lines.map(|at| (at.file(), at.line())), [0, 1, 2].map(|below| (file!(), line + below)));
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_foreign_exception_on_timeout, test_foreign_exception_on_timeout_2
#[test]
fn an_error_of_the_cleanup_was_raised_during_the_timeout() {
    virtually(async {
        let crash = within(0.01, async |_| sleep(1).await.map_err(|error| failing("cleanup").during(error)));
        assert_eq!(chain(&crash.await.unwrap_err()), ["LookupError('cleanup')", UP, "CancelledError()"]);

        let twice = within(0.01, async |_| {
            let cancelled = sleep(1).await.unwrap_err().during(failing("first"));
            Err::<(), _>(failing("third").during(failing("second").during(cancelled)))
        });
        let expected = ["third", "second", "TimeoutError", "CancelledError", "first"];
        let found = chain(&twice.await.unwrap_err());
        assert!(found.len() == 5 && found.iter().zip(expected).all(|(found, name)| found.contains(name)), "{found:?}");
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_nested_timeout_in_finally
#[test]
fn a_limit_in_the_cleanup_of_another() {
    virtually(async {
        let log = Log::default();
        let outer = within(0.01, async |_| {
            let cancelled = sleep(1).await.unwrap_err();
            let inner = within(0.01, async |_| sleep(10).await.map_err(|error| error.during(cancelled.clone())));
            log.add(chain(&inner.await.unwrap_err()));
            Err::<(), _>(cancelled)
        });
        assert_eq!(chain(&outer.await.unwrap_err()), [UP, "CancelledError()"]);
        assert_eq!(log.take(), [[UP, "CancelledError()", "CancelledError()"]]);
        Ok(())
    })
    .unwrap();
}

// CPython: test_timeouts.TimeoutTests.test_timeout_taskgroup
#[test]
fn errors_in_a_group_were_raised_during_the_timeout_too() {
    virtually(async {
        let result = within(0.01, async |_| {
            let block = async |group: TaskGroup| {
                group.create_task(async { sleep(2).await.map_err(|error| failing("task").during(error)) })?;
                sleep(1).await.map_err(|error| error.during(failing("block")))
            };
            TaskGroup::new().run(block).await
        });
        let error = result.await.unwrap_err();
        assert_eq!(chain(&error)[1..], [UP, "CancelledError()", "LookupError('block')"]);
        let inside = error.downcast_ref::<ExceptionGroup>().unwrap().exceptions();
        assert_eq!(inside.len(), 1);
        assert_eq!(chain(&inside[0]), ["LookupError('task')", UP, "CancelledError()"]);
        Ok(())
    })
    .unwrap();
}
