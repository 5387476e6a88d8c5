//! Fetch all pages at once. The results must be in the order of `pages`.

use asyncio::{Result, gather, sleep};

async fn fetch(page: u32) -> Result<String> {
    sleep(page).await?;
    Ok(format!("<page {page}>"))
}

async fn fetch_all(pages: Vec<u32>) -> Result<Vec<String>> {
    // START
    // let mut results = Vec::new();
    // for page in pages {
    //     results.push(fetch(page).await?);
    // }
    // Ok(results)
    // SOLUTION
    gather(pages.into_iter().map(fetch)).await
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
    fn the_longest_page_sets_the_time() {
        let (result, seconds) = timed(fetch_all(vec![3, 1, 2]));
        assert_eq!(result.unwrap(), ["<page 3>", "<page 1>", "<page 2>"]);
        assert_eq!(seconds, 3.0);
    }
}
