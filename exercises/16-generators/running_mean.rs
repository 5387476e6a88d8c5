//! Write an asynchronous generator that yields the mean of all values so far, after
//! each value.

use asyncio::{AsyncGenerator, AsyncIterator, Result, from_iter};

fn means(
    mut values: impl AsyncIterator<Item = f64> + 'static,
) -> AsyncGenerator<f64> {
    AsyncGenerator::new(async move |mut y| {
        // START
        // while let Some(value) = values.anext().await? {
        //     y.yield_(value).await?;
        // }
        // SOLUTION
        let (mut sum, mut count) = (0.0, 0.0);
        while let Some(value) = values.anext().await? {
            sum += value;
            count += 1.0;
            y.yield_(sum / count).await?;
        }
        // END
        Ok(())
    })
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
    fn each_value_moves_the_mean() {
        let (result, _) = timed(async {
            means(from_iter([1.0, 3.0, 8.0])).collect::<Vec<f64>>().await
        });
        assert_eq!(result.unwrap(), [1.0, 2.0, 4.0]);
    }
}
