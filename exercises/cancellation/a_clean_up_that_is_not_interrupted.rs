//! An impatient user presses Ctrl-C twice. The second request interrupts the
//! clean-up, and the account is never closed. Once the clean-up has begun it has to
//! run to its end, however often the task is cancelled. Then the task ends
//! cancelled.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, shield, sleep};

async fn close(is_closed: Rc<Cell<bool>>) -> Result<()> {
    sleep(2).await?;
    is_closed.set(true);
    Ok(())
}

async fn session(is_closed: Rc<Cell<bool>>) -> Result<()> {
    let result = sleep(3600).await;
    // START
    // close(is_closed).await?;
    // SOLUTION
    let closing = create_task(close(is_closed));
    while let Err(error) = shield(&closing).await {
        if !error.is_cancelled() || closing.done() {
            return Err(error);
        }
    }
    // END
    result
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

    fn cancelled_at(times: Vec<f64>) -> (bool, bool, f64) {
        let is_closed = Rc::new(Cell::new(false));
        let seen = is_closed.clone();
        let (result, seconds) = timed(async move {
            let task = create_task(session(is_closed));
            let mut now = 0.0;
            for time in times {
                sleep(time - now).await?;
                now = time;
                task.cancel();
            }
            let ended = (&task).await;
            assert!(ended.is_err(), "the cancellation was swallowed");
            Ok(task.cancelled())
        });
        (result.unwrap(), seen.get(), seconds)
    }

    #[test]
    fn one_request_closes_the_account() {
        assert_eq!(cancelled_at(vec![1.0]), (true, true, 3.0));
    }

    #[test]
    fn two_more_requests_change_nothing() {
        let (is_cancelled, is_closed, seconds) = cancelled_at(vec![1.0, 1.5, 2.5]);
        assert!(
            is_closed,
            "the account was left open: the session ended, or was interrupted, before the clean-up was done"
        );
        assert!(is_cancelled);
        assert_eq!(seconds, 3.0);
    }
}
