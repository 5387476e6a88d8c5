//! Return the first item that `fits`, and ask for no item after it. If none fits,
//! return `None`.

use asyncio::{AsyncIterator, Result, sleep};

async fn first(
    mut items: impl AsyncIterator<Item = u32>,
    fits: impl Fn(u32) -> bool,
) -> Result<Option<u32>> {
    // START
    // let all: Vec<u32> = items.collect().await?;
    // Ok(all.into_iter().find(|item| fits(*item)))
    // SOLUTION
    while let Some(item) = items.anext().await? {
        if fits(item) {
            return Ok(Some(item));
        }
    }
    Ok(None)
    // END
}

/// The numbers from one to ten, a second apart.
struct Numbers(u32);

impl AsyncIterator for Numbers {
    type Item = u32;

    async fn anext(&mut self) -> Result<Option<u32>> {
        if self.0 == 10 {
            return Ok(None);
        }
        sleep(1).await?;
        self.0 += 1;
        Ok(Some(self.0))
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
    fn the_search_stops_where_it_finds() {
        let (result, seconds) =
            timed(first(Numbers(0), |number| number * number > 10));
        assert_eq!(result.unwrap(), Some(4));
        assert_eq!(seconds, 4.0, "no item is asked for after that");
    }

    #[test]
    fn nothing_fits() {
        assert_eq!(timed(first(Numbers(0), |number| number > 10)).0.unwrap(), None);
    }
}
