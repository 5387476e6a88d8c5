//! Write an asynchronous iterator that counts down to one, with a second before
//! each number.

use asyncio::{AsyncIterator, Result, sleep};

struct Countdown {
    left: u32,
}

impl AsyncIterator for Countdown {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        // START
        // Ok(None)
        // SOLUTION
        if self.left == 0 {
            return Ok(None);
        }
        sleep(1).await?;
        self.left -= 1;
        Ok(Some(self.left + 1))
        // END
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
    fn three_two_one() {
        let (result, seconds) = timed(async {
            let mut numbers = Vec::new();
            let mut countdown = Countdown { left: 3 };
            while let Some(number) = countdown.anext().await? {
                numbers.push(number);
            }
            assert_eq!(countdown.anext().await?, None, "the end stays the end");
            Ok(numbers)
        });
        assert_eq!(result.unwrap(), [3, 2, 1]);
        assert_eq!(seconds, 3.0);
    }
}
