//! Read the first line of an HTTP response, `HTTP/1.1 404 Not Found`, and return
//! its status as a number. A server that hangs up without an answer is a
//! `ValueError`.

use asyncio::{Result, StreamReader, ValueError};

async fn status(mut reader: StreamReader) -> Result<u16> {
    let line = String::from_utf8(reader.readline().await?)?;
    // START
    // Ok(line.len() as u16)
    // SOLUTION
    match line.split_whitespace().nth(1) {
        Some(status) => Ok(status.parse()?),
        None => Err(ValueError::new("closed without an answer").into()),
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

    fn status_of(bytes: &'static [u8]) -> Result<u16> {
        timed(async move {
            let mut reader = StreamReader::new(1024)?;
            reader.feed_data(bytes);
            reader.feed_eof();
            status(reader).await
        })
        .0
    }

    #[test]
    fn the_status_is_a_number() {
        let response = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(status_of(response).unwrap(), 404);
    }

    #[test]
    fn no_answer_is_an_error() {
        assert!(status_of(b"").expect_err("no answer").is::<ValueError>());
    }
}
