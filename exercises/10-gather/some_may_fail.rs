//! One city has no answer, and `gather` passes its error on although the others
//! have answered. Return the answers that there are.

use asyncio::{Result, ValueError, gather, sleep};

async fn temperature(city: &'static str) -> Result<String> {
    sleep(1).await?;
    match city {
        "Atlantis" => Err(ValueError::new("no such city").into()),
        city => Ok(format!("{city}: {} degrees", city.len() * 3)),
    }
}

async fn report(cities: [&'static str; 3]) -> Result<Vec<String>> {
    // START
    // Ok(gather(cities.map(temperature)).await?.to_vec())
    // SOLUTION
    let answers = gather(cities.map(temperature)).return_exceptions().await?;
    Ok(answers.into_iter().filter_map(Result::ok).collect())
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
    fn the_answers_that_there_are_come_out() {
        let (result, seconds) = timed(report(["Rome", "Atlantis", "Oslo"]));
        assert_eq!(result.unwrap(), ["Rome: 12 degrees", "Oslo: 12 degrees"]);
        assert_eq!(seconds, 1.0);
    }
}
