//! The result of one task is needed twice: once to check it and once to return it.
//! This does not compile. Fix it without running `measure` a second time.

use asyncio::{Result, create_task, sleep};

async fn measure() -> Result<u32> {
    sleep(1).await?;
    Ok(42)
}

async fn checked() -> Result<u32> {
    let task = create_task(measure());
    // START
    // assert!(task.await? > 0);
    // SOLUTION
    assert!((&task).await? > 0);
    // END
    task.await
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
    fn it_is_measured_once() {
        let (result, seconds) = timed(checked());
        assert_eq!(result.unwrap(), 42);
        assert_eq!(seconds, 1.0);
    }
}
