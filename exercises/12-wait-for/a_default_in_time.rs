//! Ask for the price, but wait two seconds at most. If there is no answer by then,
//! return the old price. Any other error must come out.

use asyncio::{Result, TimeoutError, ValueError, sleep, wait_for};

async fn ask_price(seconds: u32) -> Result<u32> {
    sleep(seconds).await?;
    match seconds {
        0 => Err(ValueError::new("the shop is closed").into()),
        _ => Ok(120),
    }
}

async fn price(old: u32, seconds: u32) -> Result<u32> {
    // START
    // let _ = old;
    // wait_for(ask_price(seconds), 2).await
    // SOLUTION
    match wait_for(ask_price(seconds), 2).await {
        Err(error) if error.is::<TimeoutError>() => Ok(old),
        asked => asked,
    }
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
    fn a_quick_answer_is_the_price() {
        assert_eq!(timed(price(100, 1)).0.unwrap(), 120);
    }

    #[test]
    fn a_late_answer_is_not_waited_for() {
        let (result, seconds) = timed(price(100, 60));
        assert_eq!(result.unwrap(), 100);
        assert_eq!(seconds, 2.0);
    }

    #[test]
    fn another_error_comes_out() {
        assert!(timed(price(100, 0)).0.unwrap_err().is::<ValueError>());
    }
}
