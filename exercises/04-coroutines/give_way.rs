//! `search` goes through a long text and never waits, so no other task runs until
//! it has finished. Make it give way after each line, so that the ticker beside it
//! gets a turn.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, sleep};

async fn search(text: &str, word: &str) -> Result<usize> {
    let mut found = 0;
    for line in text.lines() {
        found += line.matches(word).count();
        // START
        // SOLUTION
        sleep(0).await?;
        // END
    }
    Ok(found)
}

/// Counts its turns.
async fn tick(ticks: Rc<Cell<u32>>) -> Result<()> {
    loop {
        ticks.set(ticks.get() + 1);
        sleep(0).await?;
    }
}

/// Searches, and counts how often another task got a turn meanwhile.
async fn search_beside_a_ticker(lines: usize) -> Result<(usize, u32)> {
    let ticks = Rc::new(Cell::new(0));
    let ticker = create_task(tick(ticks.clone()));
    let found = search(&"one word\n".repeat(lines), "word").await?;
    ticker.cancel();
    Ok((found, ticks.get()))
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
    fn the_ticker_ticks_once_for_each_line() {
        let (result, _) = timed(search_beside_a_ticker(100));
        let (found, ticks) = result.unwrap();
        assert_eq!(found, 100);
        assert!((99..=101).contains(&ticks), "the ticker had {ticks} turns");
    }
}
