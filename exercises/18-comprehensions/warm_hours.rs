//! Translate this comprehension: `[hour async for hour, degrees in readings if
//! degrees > 20]`

use asyncio::{AsyncIterator, Result, from_iter};

async fn warm_hours(
    readings: impl AsyncIterator<Item = (u32, i32)>,
) -> Result<Vec<u32>> {
    // START
    // readings.map(|(hour, _degrees)| hour).collect().await
    // SOLUTION
    readings
        .filter(|(_hour, degrees)| *degrees > 20)
        .map(|(hour, _degrees)| hour)
        .collect()
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
    fn the_warm_hours_are_listed() {
        let readings = from_iter([(8, 17), (10, 20), (12, 25), (14, 27), (20, 19)]);
        let (result, _) = timed(warm_hours(readings));
        assert_eq!(result.unwrap(), [12, 14]);
    }
}
