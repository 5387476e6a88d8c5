//! Looking up a host and connecting to it may take five seconds *together*. Now
//! each of the two has five seconds of its own. Use one limit for both.

use asyncio::{Result, TimeoutError, sleep, timeout};

async fn look_up(seconds: u32) -> Result<u32> {
    sleep(seconds).await?;
    Ok(seconds)
}

async fn connect(seconds: u32) -> Result<u32> {
    sleep(seconds).await?;
    Ok(seconds)
}

async fn reach(first: u32, second: u32) -> Result<u32> {
    // START
    // let found = asyncio::wait_for(look_up(first), 5).await?;
    // let connected = asyncio::wait_for(connect(second), 5).await?;
    // Ok(found + connected)
    // SOLUTION
    timeout(5)
        .run(async |_limit| {
            let found = look_up(first).await?;
            let connected = connect(second).await?;
            Ok(found + connected)
        })
        .await
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
    fn four_seconds_are_in_time() {
        assert_eq!(timed(reach(2, 2)).0.unwrap(), 4);
    }

    #[test]
    fn eight_seconds_are_too_many() {
        let (result, seconds) = timed(reach(4, 4));
        let error = result.expect_err("eight seconds were allowed");
        assert!(error.is::<TimeoutError>());
        assert_eq!(seconds, 5.0);
    }
}
