//! Shut a server down. Set the event `closing`, so that idle sessions leave. Give
//! the busy ones up to five seconds to finish, then cancel the rest, and return how
//! many you had to cancel. When `shut_down` returns, all sessions have ended.

use asyncio::{Event, Result, Task, create_task, sleep, wait};

async fn shut_down(closing: &Event, sessions: &[Task<()>]) -> Result<usize> {
    // START
    // closing.set();
    // sessions.iter().for_each(|session| {
    //     session.cancel();
    // });
    // Ok(sessions.len())
    // SOLUTION
    closing.set();
    let (_done, late) = wait(sessions).timeout(5).await?;
    if late.is_empty() {
        return Ok(0);
    }
    for session in &late {
        session.cancel();
    }
    wait(&late).await?;
    Ok(late.len())
    // END
}

/// Works for some seconds, then is idle until the server closes.
async fn session(work: u32, closing: Event) -> Result<()> {
    let worked = sleep(work).await;
    // Says goodbye to the client, in any case.
    sleep(1).await?;
    worked?;
    closing.wait().await
}

#[cfg(test)]
mod tests {
    use asyncio::{Clock, Runner};

    use super::*;

    /// Runs a coroutine on the virtual clock: its result, and the seconds it took.
    fn timed<T: 'static>(
        coroutine: impl Future<Output = Result<T>> + 'static,
    ) -> (Result<T>, f64) {
        let runner = Runner::new().clock(Clock::Virtual);
        let event_loop = runner.get_loop().unwrap();
        let start = event_loop.time();
        let result = runner.run(coroutine);
        let seconds = event_loop.time() - start;
        (result, (seconds * 1000.0).round() / 1000.0)
    }

    fn shut_down_after_a_second(work: [u32; 3]) -> (usize, usize, f64) {
        let (result, seconds) = timed(async move {
            let closing = Event::new();
            let sessions =
                work.map(|work| create_task(session(work, closing.clone())));
            sleep(1).await?;
            let cancelled = shut_down(&closing, &sessions).await?;
            assert!(
                sessions.iter().all(|session| session.done()),
                "a session still runs"
            );
            Ok((
                cancelled,
                sessions.iter().filter(|session| session.cancelled()).count(),
            ))
        });
        let (told, cancelled) = result.unwrap();
        (told, cancelled, seconds)
    }

    #[test]
    fn those_that_work_may_finish() {
        assert_eq!(shut_down_after_a_second([0, 2, 4]), (0, 0, 5.0));
    }

    #[test]
    fn those_that_take_too_long_are_cancelled() {
        assert_eq!(shut_down_after_a_second([0, 60, 90]), (2, 2, 7.0));
    }
}
