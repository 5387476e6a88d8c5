//! A client sends numbers, one per line. Add them up until the client hangs up. A
//! line that is not a number is an error.

use asyncio::{AsyncIterator, Result, StreamReader};

async fn sum(mut reader: StreamReader) -> Result<u32> {
    let mut sum = 0;
    // START
    // if let Some(line) = reader.anext().await? {
    //     sum += String::from_utf8(line)?.trim().parse::<u32>()?;
    // }
    // SOLUTION
    while let Some(line) = reader.anext().await? {
        sum += String::from_utf8(line)?.trim().parse::<u32>()?;
    }
    // END
    Ok(sum)
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

    fn sum_of(bytes: &'static [u8]) -> Result<u32> {
        timed(async move {
            let mut reader = StreamReader::new(1024)?;
            reader.feed_data(bytes);
            reader.feed_eof();
            sum(reader).await
        })
        .0
    }

    #[test]
    fn all_lines_count_and_the_last_needs_no_newline() {
        assert_eq!(sum_of(b"20\n2\n\x20300").unwrap(), 322);
        assert_eq!(sum_of(b"").unwrap(), 0);
    }

    #[test]
    fn a_word_is_an_error() {
        assert!(sum_of(b"20\ntwo\n").is_err());
    }
}
