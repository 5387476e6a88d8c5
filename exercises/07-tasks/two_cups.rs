//! Tea and coffee take a second each. Serve both after one second.

use asyncio::{Result, create_task, sleep};

async fn brew(drink: &'static str) -> Result<String> {
    sleep(1).await?;
    Ok(format!("a cup of {drink}"))
}

async fn serve() -> Result<[String; 2]> {
    // START
    // let tea = brew("tea").await?;
    // let coffee = brew("coffee").await?;
    // Ok([tea, coffee])
    // SOLUTION
    let tea = create_task(brew("tea"));
    let coffee = create_task(brew("coffee"));
    Ok([tea.await?, coffee.await?])
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
    fn both_cups_are_ready_after_one_second() {
        let (result, seconds) = timed(serve());
        assert_eq!(result.unwrap(), ["a cup of tea", "a cup of coffee"]);
        assert_eq!(seconds, 1.0);
    }
}
