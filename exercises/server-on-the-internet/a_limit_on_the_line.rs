//! A client may send its line as slowly as it likes, a byte a second, and so keep a
//! task of the server for ever. Allow thirty seconds for the whole line, and then
//! answer `408`. The answer to a good line is `200`.

use asyncio::{Result, StreamReader, TimeoutError, sleep, wait_for};

async fn answer(reader: &mut StreamReader) -> Result<u16> {
    // START
    // reader.readline().await?;
    // Ok(200)
    // SOLUTION
    match wait_for(reader.readline(), 30).await {
        Ok(_line) => Ok(200),
        Err(error) if error.is::<TimeoutError>() => Ok(408),
        Err(error) => Err(error),
    }
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

    /// A client that sends a byte each `pause` seconds.
    fn answer_to(line: &'static [u8], pause: f64) -> (Result<u16>, f64) {
        timed(async move {
            let mut reader = StreamReader::new(1024)?;
            let feeder = reader.feeder().expect("it has no connection");
            let client = asyncio::create_task(async move {
                for byte in line {
                    sleep(pause).await?;
                    feeder.feed_data(&[*byte]);
                }
                Ok(())
            });
            let status = answer(&mut reader).await;
            client.cancel();
            status
        })
    }

    #[test]
    fn a_client_in_no_hurry_is_served() {
        let (result, seconds) = answer_to(b"hello\n", 2.0);
        assert_eq!(result.unwrap(), 200);
        assert_eq!(seconds, 12.0);
    }

    #[test]
    fn a_client_that_never_comes_to_an_end_is_not() {
        let (result, seconds) =
            answer_to(b"a very long line indeed, which goes on\n", 10.0);
        assert_eq!(result.unwrap(), 408);
        assert_eq!(seconds, 30.0);
    }
}
