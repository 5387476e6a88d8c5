//! Show progress while `work` runs: call `dot` at once, and then every second until
//! the work is done. Return the result of the work. Now no dot is ever shown.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, sleep};

/// Calls the function at once, and then every second, for ever.
async fn dots(dot: impl Fn()) -> Result<()> {
    loop {
        dot();
        sleep(1).await?;
    }
}

async fn with_progress<T>(
    work: impl Future<Output = Result<T>>,
    dot: impl Fn() + 'static,
) -> Result<T> {
    // START
    // let _dots = dots(dot);
    // work.await
    // SOLUTION
    let progress = create_task(dots(dot));
    let result = work.await;
    progress.cancel();
    result
    // END
}

async fn work(seconds: f64) -> Result<&'static str> {
    sleep(seconds).await?;
    Ok("done")
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
    fn four_and_a_half_seconds_are_five_dots() {
        let dots = Rc::new(Cell::new(0));
        let seen = dots.clone();
        let (result, seconds) = timed(async move {
            let more = dots.clone();
            let result =
                with_progress(work(4.5), move || more.set(more.get() + 1)).await?;
            // Nothing is shown after the work.
            sleep(10).await?;
            Ok((result, dots.get()))
        });
        assert_eq!(result.unwrap(), ("done", 5));
        assert_eq!(seen.get(), 5);
        assert_eq!(seconds, 14.5);
    }
}
