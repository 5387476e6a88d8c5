//! A generator reads lines from a file and closes the file at the end. If the
//! caller stops earlier and calls `aclose`, the file stays open: the `?` after
//! `yield_` leaves before it is closed. Close it in both cases.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{AsyncGenerator, AsyncIterator, Result, sleep};

type Open = Rc<Cell<u32>>;

fn lines(open: Open) -> AsyncGenerator<u32> {
    AsyncGenerator::new(async move |mut y| {
        open.set(open.get() + 1);
        // START
        // for line in 1..=3 {
        //     y.yield_(line).await?;
        // }
        // sleep(1).await?;
        // open.set(open.get() - 1);
        // Ok(())
        // SOLUTION
        let mut ended = Ok(());
        for line in 1..=3 {
            if let Err(error) = y.yield_(line).await {
                ended = Err(error);
                break;
            }
        }
        sleep(1).await?;
        open.set(open.get() - 1);
        ended
        // END
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
    fn a_reader_of_all_lines_leaves_no_file_open() {
        let open = Open::default();
        let all = timed(lines(open.clone()).collect::<Vec<u32>>()).0;
        assert_eq!(all.unwrap(), [1, 2, 3]);
        assert_eq!(open.get(), 0);
    }

    #[test]
    fn nor_does_one_that_stops_earlier() {
        let open = Open::default();
        let seen = open.clone();
        let (result, _) = timed(async move {
            let mut lines = lines(open);
            let first = lines.anext().await?;
            lines.aclose().await?;
            Ok((first, seen.get()))
        });
        assert_eq!(result.unwrap(), (Some(1), 0), "the line, and the open files");
    }
}
