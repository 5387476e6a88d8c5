//! `half` fails for an odd number. Write `quarter`, which halves a number twice and
//! passes every error on to its caller. Use `half` both times.

use asyncio::{Result, ValueError, sleep};

async fn half(number: u32) -> Result<u32> {
    if number % 2 == 1 {
        return Err(ValueError::new(format!("{number} is odd")).into());
    }
    sleep(1).await?;
    Ok(number / 2)
}

async fn quarter(number: u32) -> Result<u32> {
    // START
    // Ok(number / 4)
    // SOLUTION
    let first = half(number).await?;
    half(first).await
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
    fn twelve_becomes_three_in_two_steps() {
        let (result, seconds) = timed(quarter(12));
        assert_eq!(result.unwrap(), 3);
        assert_eq!(seconds, 2.0, "each half takes a second");
    }

    #[test]
    fn an_error_of_either_half_comes_out() {
        let (result, _) = timed(quarter(7));
        assert_eq!(result.unwrap_err().to_string(), "7 is odd");
        let (result, _) = timed(quarter(6));
        assert_eq!(result.unwrap_err().to_string(), "3 is odd");
    }
}
