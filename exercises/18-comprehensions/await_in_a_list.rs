//! `total` adds up prices. It should ask for all of them at the same time. In
//! Python that is `sum(await gather(*[price(fruit) for fruit in fruits]))`.

use asyncio::{Result, gather, sleep_result};

async fn price(fruit: &'static str) -> Result<usize> {
    sleep_result(1, fruit.len()).await
}

async fn total(fruits: [&'static str; 3]) -> Result<usize> {
    // START
    // let prices: Vec<usize> =
    //     asyncio::AsyncIterator::collect(asyncio::await_each(fruits.map(price))).await?;
    // SOLUTION
    let prices = gather(fruits.map(price)).await?;
    // END
    Ok(prices.iter().sum())
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
    fn three_prices_take_a_second() {
        let (result, seconds) = timed(total(["apple", "fig", "mango"]));
        assert_eq!(result.unwrap(), 13);
        assert_eq!(seconds, 1.0);
    }
}
