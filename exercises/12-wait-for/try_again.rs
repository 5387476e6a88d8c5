//! Connect, and allow each attempt one second. After a `TimeoutError`, pause before
//! the next attempt: one second, then two, then four. If the fourth attempt is too
//! late as well, return its `TimeoutError`. Any other error ends it at once.

use std::cell::Cell;

use asyncio::{Result, TimeoutError, ValueError, sleep, wait_for};

/// A server: `answers_at` is the attempt that succeeds, `breaks_at` one that fails.
struct Server {
    attempts: Cell<u32>,
    answers_at: u32,
    breaks_at: u32,
}

impl Server {
    async fn connect(&self) -> Result<&'static str> {
        self.attempts.set(self.attempts.get() + 1);
        if self.attempts.get() == self.breaks_at {
            return Err(ValueError::new("not my protocol").into());
        }
        if self.attempts.get() < self.answers_at {
            sleep(60).await?;
        }
        Ok("connected")
    }
}

async fn connect_patiently(server: &Server) -> Result<&'static str> {
    // START
    // wait_for(server.connect(), 1).await
    // SOLUTION
    let mut pause = 1;
    loop {
        match wait_for(server.connect(), 1).await {
            Err(error) if error.is::<TimeoutError>() && pause < 8 => {
                sleep(pause).await?;
                pause *= 2;
            }
            ended => return ended,
        }
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

    fn tried(answers_at: u32, breaks_at: u32) -> (Result<&'static str>, f64) {
        let server = Server { attempts: Cell::new(0), answers_at, breaks_at };
        timed(async move { connect_patiently(&server).await })
    }

    #[test]
    fn the_third_attempt_succeeds() {
        let (result, seconds) = tried(3, 0);
        assert_eq!(result.unwrap(), "connected");
        assert_eq!(seconds, 1.0 + 1.0 + 1.0 + 2.0);
    }

    #[test]
    fn it_gives_up_after_four() {
        let (result, seconds) = tried(9, 0);
        assert!(result.unwrap_err().is::<TimeoutError>());
        assert_eq!(
            seconds,
            4.0 + 1.0 + 2.0 + 4.0,
            "no pause after the last attempt"
        );
    }

    #[test]
    fn another_error_is_not_tried_again() {
        let (result, seconds) = tried(9, 2);
        assert!(result.unwrap_err().is::<ValueError>());
        assert_eq!(seconds, 2.0);
    }
}
