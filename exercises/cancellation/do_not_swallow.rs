//! `poll` asks a sensor again whenever asking fails. It also survives every attempt
//! to cancel it, because a cancellation is an error like any other. Let a
//! cancellation end it.

use asyncio::{Result, ValueError, create_task, sleep};

async fn ask(attempt: u32) -> Result<u32> {
    sleep(1).await?;
    if attempt < 3 {
        return Err(ValueError::new("no contact").into());
    }
    Ok(20)
}

async fn poll() -> Result<u32> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match ask(attempt).await {
            Ok(degrees) => return Ok(degrees),
            // START
            // SOLUTION
            Err(error) if error.is_cancelled() => return Err(error),
            // END
            Err(_) => println!("attempt {attempt} failed"),
        }
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
    fn failures_are_tried_again() {
        let (result, seconds) = timed(poll());
        assert_eq!(result.unwrap(), 20);
        assert_eq!(seconds, 3.0);
    }

    #[test]
    fn a_cancellation_ends_it() {
        let (result, seconds) = timed(async {
            let task = create_task(poll());
            sleep(0.5).await?;
            task.cancel();
            let ended = (&task).await;
            assert!(ended.is_err(), "it went on until {ended:?}");
            Ok(task.cancelled())
        });
        assert!(result.unwrap());
        assert_eq!(seconds, 0.5, "it ends at once");
    }
}
