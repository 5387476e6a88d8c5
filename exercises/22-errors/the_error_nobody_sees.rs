//! A background task fails, and the program reports success, because nothing awaits
//! the task. Let the error come out when the work in the foreground is done. That
//! must not take any longer.

use asyncio::{Result, ValueError, create_task, sleep};

async fn write_log() -> Result<()> {
    sleep(1).await?;
    Err(ValueError::new("disk full").into())
}

async fn program() -> Result<()> {
    // START
    // create_task(write_log());
    // sleep(3).await
    // SOLUTION
    let log = create_task(write_log());
    sleep(3).await?;
    log.await
    // END
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
    fn the_error_comes_out() {
        let (result, seconds) = timed(program());
        let error = result.expect_err("the log was not written");
        assert_eq!(error.to_string(), "disk full");
        assert_eq!(seconds, 3.0);
    }
}
