//! An upload may take as long as it needs, but no part of it longer than five
//! seconds. Now the whole upload has five seconds. Move the limit after each part.

use asyncio::{Result, TimeoutError, get_running_loop, sleep, timeout};

async fn upload(parts: &[u32]) -> Result<usize> {
    timeout(5)
        .run(async |limit| {
            for seconds in parts {
                sleep(*seconds).await?;
                // START
                // let _ = limit;
                // SOLUTION
                limit.reschedule(get_running_loop()?.time() + 5.0)?;
                // END
            }
            Ok(parts.len())
        })
        .await
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
    fn many_quick_parts_are_fine() {
        let (result, seconds) = timed(async { upload(&[4, 4, 4, 4]).await });
        assert_eq!(result.unwrap(), 4);
        assert_eq!(seconds, 16.0);
    }

    #[test]
    fn one_slow_part_is_too_much() {
        let (result, seconds) = timed(async { upload(&[4, 9, 1]).await });
        assert!(result.unwrap_err().is::<TimeoutError>());
        assert_eq!(seconds, 4.0 + 5.0);
    }
}
