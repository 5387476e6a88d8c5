//! Trying several addresses: one after the other, or in a race with staggered starts (happy eyeballs, RFC 8305; asyncio's
//! `staggered.py`).

use std::io;
use std::net::SocketAddr;

use asyncio_runtime::{Error, Result, ReturnWhen, Task, create_task, wait};

/// Alternates between the families. The first `first` addresses stay those of the first family.
pub(crate) fn interleave(addresses: Vec<SocketAddr>, first: usize) -> Vec<SocketAddr> {
    let Some(family) = addresses.first().map(SocketAddr::is_ipv4) else { return addresses };
    let (preferred, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv4() == family);
    let mut preferred = preferred.into_iter();
    let mut ordered: Vec<_> = preferred.by_ref().take(first.saturating_sub(1)).collect();
    let mut other = other.into_iter();
    loop {
        let (one, two) = (preferred.next(), other.next());
        if one.is_none() && two.is_none() {
            return ordered;
        }
        ordered.extend(one.into_iter().chain(two));
    }
}

/// Awaits one attempt after the other until one succeeds. If none does, returns their errors (the inner result).
pub(crate) async fn in_turn<T, C: Future<Output = Result<T>>>(
    attempts: impl IntoIterator<Item = C>,
) -> Result<Result<T, Vec<Error>>> {
    let mut errors = Vec::new();
    for attempt in attempts {
        match attempt.await {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => errors.push(of_the_system(error)?),
        }
    }
    Ok(Err(errors))
}

/// Starts an attempt when another fails, or after `delay` seconds in which none has ended. The first to succeed wins,
/// and the others are cancelled. If none does, returns their errors (the inner result).
pub(crate) async fn staggered<T: 'static, C: Future<Output = Result<T>> + 'static>(
    attempts: impl IntoIterator<Item = C>,
    delay: f64,
) -> Result<Result<T, Vec<Error>>> {
    let mut running = Attempts(Vec::new());
    let mut errors = Vec::new();
    let mut attempts = attempts.into_iter();
    loop {
        let next = attempts.next();
        let limit = next.is_some().then_some(delay);
        running.0.extend(next.map(create_task));
        if running.0.is_empty() {
            return Ok(Err(errors));
        }
        let (done, _) = wait(&running.0).return_when(ReturnWhen::FirstCompleted).timeout(limit).await?;
        running.0.retain(|task| !done.contains(task));
        for task in done {
            match task.await {
                Ok(value) => return Ok(Ok(value)),
                Err(error) => errors.push(of_the_system(error)?),
            }
        }
    }
}

/// The running attempts; cancelled when dropped.
struct Attempts<T>(Vec<Task<T>>);

impl<T> Drop for Attempts<T> {
    fn drop(&mut self) {
        for task in &self.0 {
            task.cancel();
        }
    }
}

/// An attempt may fail with an error of the system. Any other error, such as a cancellation, ends all attempts.
fn of_the_system(error: Error) -> Result<Error> {
    if error.is::<io::Error>() { Ok(error) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use asyncio_runtime::{Clock, Runner, TaskFactory, get_running_loop, sleep};

    use super::*;

    // CPython: test_base_events.BaseEventTests.test_interleave_addrinfos
    #[test]
    fn families_take_turns() {
        let six = |n: u16| SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, n], n));
        let four = |n: u8| SocketAddr::from(([192, 0, 2, n], u16::from(n) + 4));
        let all = vec![six(1), six(2), six(3), four(1), four(2), four(3), four(4), six(4)];
        let once = [six(1), four(1), six(2), four(2), six(3), four(3), six(4), four(4)];
        let twice = [six(1), six(2), four(1), six(3), four(2), six(4), four(3), four(4)];
        assert_eq!(interleave(all.clone(), 1), once);
        assert_eq!(interleave(all, 2), twice);
        assert_eq!(interleave(Vec::new(), 1), []);
    }

    /// An attempt that ends after this many seconds.
    async fn attempt(seconds: f64, succeeds: bool) -> Result<f64> {
        sleep(seconds).await?;
        if succeeds { Ok(seconds) } else { Err(io::Error::other("no").into()) }
    }

    // CPython: test_base_events.BaseEventLoopTests.test_create_connection_happy_eyeballs,
    // test_create_connection_happy_eyeballs_ipv4_only
    #[test]
    fn the_first_to_succeed_wins_and_starts_are_staggered() {
        Runner::new()
            .clock(Clock::Virtual)
            .run(async {
                let event_loop = get_running_loop()?;
                // The second starts after the delay, the third when the second fails, and wins at 0.5 + 0.1 + 1.
                let attempts = [(10.0, true), (0.1, false), (1.0, true)].map(|(s, ok)| attempt(s, ok));
                let start = event_loop.time();
                assert_eq!(staggered(attempts, 0.5).await?.unwrap(), 1.0);
                assert!((event_loop.time() - start - 1.6).abs() < 1e-6);
                sleep(0).await?;
                assert_eq!(event_loop.all_tasks().len(), 1, "the losers are cancelled");
                let errors = staggered([attempt(1.0, false), attempt(1.0, false)], 0.5).await?.unwrap_err();
                assert_eq!(errors.len(), 2);
                Ok(())
            })
            .unwrap();
    }

    /// Runs `main` in virtual time, with tasks that start lazily or eagerly.
    fn virtually(factory: TaskFactory, main: impl AsyncFnOnce() -> Result<()> + 'static) {
        let run = async move {
            get_running_loop()?.set_task_factory(factory);
            main().await
        };
        Runner::new().clock(Clock::Virtual).run(run).unwrap();
    }

    /// The result of the winner, or the number of errors.
    async fn race(attempts: &[(f64, bool)], delay: Option<f64>) -> Result<Result<f64, usize>> {
        let attempts = attempts.iter().map(|&(seconds, succeeds)| attempt(seconds, succeeds));
        let outcome = match delay {
            Some(delay) => staggered(attempts, delay).await?,
            None => in_turn(attempts).await?,
        };
        Ok(outcome.map_err(|errors| errors.len()))
    }

    // CPython: test_staggered.StaggeredTests.test_empty, test_one_successful, test_first_error_second_successful,
    // test_first_timeout_second_successful, test_none_successful
    #[test]
    fn one_result_or_all_errors() {
        virtually(TaskFactory::Lazy, async || {
            for delay in [None, Some(0.1)] {
                assert_eq!(race(&[], delay).await?, Err(0));
                assert_eq!(race(&[(0.0, true), (0.01, true)], delay).await?, Ok(0.0));
                assert_eq!(race(&[(0.0, false), (0.01, true)], delay).await?, Ok(0.01));
                assert_eq!(race(&[(0.0, false), (0.0, false)], delay).await?, Err(2));
            }
            assert_eq!(race(&[(10.0, true), (0.01, true)], Some(0.1)).await?, Ok(0.01));
            assert_eq!(race(&[(10.0, true), (0.01, true)], None).await?, Ok(10.0), "without a delay there is no race");
            Ok(())
        });
    }

    // CPython: test_staggered.StaggeredTests.test_multiple_winners
    #[test]
    fn of_two_that_succeed_at_the_same_time_the_first_wins() {
        virtually(TaskFactory::Lazy, async || {
            let event = get_running_loop()?.create_future::<()>();
            let attempt = |index: usize| {
                let event = event.clone();
                async move {
                    if index == 2 {
                        event.set_result(())?;
                        get_running_loop()?.create_future::<()>().await?;
                    }
                    (&event).await?;
                    Ok(index)
                }
            };
            assert_eq!(staggered([0, 1, 2].map(attempt), 0.1).await?.unwrap(), 0);
            sleep(0).await?;
            assert_eq!(get_running_loop()?.all_tasks().len(), 1, "the losers are cancelled");
            Ok(())
        });
    }

    // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_staggered_race_with_eager_tasks,
    // test_staggered_race_with_eager_tasks_no_delay
    #[test]
    fn eager_attempts_race_too() {
        virtually(TaskFactory::Eager, async || {
            let start = get_running_loop()?.time();
            let attempts = [(1000.0, true), (1.0, true), (0.0, false)].map(|(s, ok)| attempt(s, ok));
            assert_eq!(staggered(attempts, 0.25).await?.unwrap(), 1.0);
            assert!((get_running_loop()?.time() - start - 1.25).abs() < 1e-6);
            // One that ends in its first step, before there is a task to wait for.
            let attempts = [None, Some(1.0), Some(0.5)].map(async |seconds| match seconds {
                Some(seconds) => attempt(seconds, true).await,
                None => Err(io::Error::other("no good").into()),
            });
            assert_eq!(in_turn(attempts).await?.unwrap(), 1.0);
            Ok(())
        });
    }

    #[test]
    fn a_race_that_is_cancelled_cancels_the_attempts() {
        Runner::new()
            .clock(Clock::Virtual)
            .run(async {
                let task = create_task(async { staggered([attempt(9.0, true), attempt(9.0, true)], 1.0).await });
                sleep(2).await?;
                task.cancel();
                assert!(task.await.unwrap_err().is_cancelled());
                sleep(0).await?;
                assert_eq!(get_running_loop()?.all_tasks().len(), 1);
                Ok(())
            })
            .unwrap();
    }
}
