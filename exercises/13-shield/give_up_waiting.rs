//! A report may take eight seconds. If it is not ready after two, return `None`, so
//! that the user can be told. The report must not be stopped, because its result is
//! needed later.

use asyncio::{Result, Task, TimeoutError, create_task, shield, sleep, wait_for};

async fn report(seconds: u32) -> Result<&'static str> {
    sleep(seconds).await?;
    Ok("all figures")
}

async fn ready_in_time(
    report: &Task<&'static str>,
) -> Result<Option<&'static str>> {
    // START
    // match wait_for(report, 2).await {
    // SOLUTION
    match wait_for(shield(report), 2).await {
        // END
        Ok(figures) => Ok(Some(figures)),
        Err(error) if error.is::<TimeoutError>() => Ok(None),
        Err(error) => Err(error),
    }
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

    #[test]
    fn a_slow_report_is_not_stopped() {
        let (result, seconds) = timed(async {
            let task = create_task(report(8));
            let early = ready_in_time(&task).await?;
            assert_eq!(early, None, "it takes eight seconds");
            match task.await {
                Err(error) if error.is_cancelled() => {
                    panic!("the report was stopped")
                }
                ended => ended,
            }
        });
        assert_eq!(result.unwrap(), "all figures");
        assert_eq!(seconds, 8.0);
    }

    #[test]
    fn a_quick_report_is_there() {
        let (result, _) = timed(async {
            let task = create_task(report(1));
            ready_in_time(&task).await
        });
        assert_eq!(result.unwrap(), Some("all figures"));
    }
}
