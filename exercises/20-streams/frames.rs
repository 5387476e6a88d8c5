//! A protocol sends frames: one byte with the length, then that many bytes. Read
//! all frames until the client hangs up. If it hangs up in the middle of a frame,
//! that is an error.

use asyncio::{IncompleteReadError, Result, StreamReader};

async fn frames(mut reader: StreamReader) -> Result<Vec<String>> {
    let mut frames = Vec::new();
    loop {
        // START
        // let bytes = reader.read(16).await?;
        // if bytes.is_empty() {
        //     return Ok(frames);
        // }
        // frames.push(String::from_utf8(bytes)?);
        // SOLUTION
        let length = match reader.readexactly(1).await {
            Ok(length) => usize::from(length[0]),
            Err(error) if error.is::<IncompleteReadError>() => return Ok(frames),
            Err(error) => return Err(error),
        };
        frames.push(String::from_utf8(reader.readexactly(length).await?)?);
        // END
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

    fn frames_of(bytes: &'static [u8]) -> Result<Vec<String>> {
        timed(async move {
            let mut reader = StreamReader::new(1024)?;
            reader.feed_data(bytes);
            reader.feed_eof();
            frames(reader).await
        })
        .0
    }

    #[test]
    fn each_frame_is_a_text() {
        assert_eq!(
            frames_of(b"\x05hello\x00\x03you").unwrap(),
            ["hello", "", "you"]
        );
    }

    #[test]
    fn half_a_frame_is_an_error() {
        let error = frames_of(b"\x05hello\x05he").expect_err("a frame is cut");
        assert!(error.is::<IncompleteReadError>(), "it is {error:?}");
    }
}
