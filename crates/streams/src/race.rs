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
    use asyncio_runtime::{Clock, Runner, get_running_loop, sleep};

    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let all = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        let once = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        let twice = addresses(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"]);
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
