//! `stop` cancels a task and returns at once, before the task has cleaned up. Make
//! it wait until the task has ended. If the task ends cancelled, `stop` succeeds.
//! Any other error of the task comes out.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, Task, ValueError, create_task, sleep};

async fn stop(task: Task<()>) -> Result<()> {
    // START
    // task.cancel();
    // Ok(())
    // SOLUTION
    task.cancel();
    match task.await {
        Err(error) if error.is_cancelled() => Ok(()),
        ended => ended,
    }
    // END
}

async fn server(is_closed: Rc<Cell<bool>>, breaks: bool) -> Result<()> {
    let result = sleep(3600).await;
    sleep(2).await?;
    is_closed.set(true);
    if breaks {
        return Err(ValueError::new("cannot close").into());
    }
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

    #[test]
    fn the_server_has_closed_when_stop_returns() {
        let is_closed = Rc::new(Cell::new(false));
        let seen = is_closed.clone();
        let (result, seconds) = timed(async move {
            let task = create_task(server(is_closed, false));
            sleep(1).await?;
            stop(task).await?;
            Ok(seen.get())
        });
        assert!(result.unwrap(), "the server was still closing");
        assert_eq!(seconds, 3.0);
    }

    #[test]
    fn another_error_comes_out_of_stop() {
        let (result, _) = timed(async {
            let task = create_task(server(Rc::default(), true));
            sleep(1).await?;
            stop(task).await
        });
        assert_eq!(result.unwrap_err().to_string(), "cannot close");
    }
}
