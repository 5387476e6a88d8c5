//! The scan takes three seconds, and your own work two. Start the scan, work, and
//! use the result of the scan afterwards: after three seconds, not after five.

use asyncio::{Result, create_task, sleep};

async fn scan() -> Result<u32> {
    sleep(3).await?;
    Ok(12)
}

async fn work() -> Result<u32> {
    sleep(2).await?;
    Ok(30)
}

async fn scan_and_work() -> Result<u32> {
    // START
    // let scanned = scan().await?;
    // let worked = work().await?;
    // Ok(scanned + worked)
    // SOLUTION
    let scanning = create_task(scan());
    let worked = work().await?;
    Ok(scanning.await? + worked)
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
    fn the_scan_runs_while_you_work() {
        let (result, seconds) = timed(scan_and_work());
        assert_eq!(result.unwrap(), 42);
        assert_eq!(seconds, 3.0);
    }
}
