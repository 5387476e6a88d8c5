//! `boot` starts a service and asks at once whether it is up. It is not, because
//! its task has not begun. Let the task take its first step, without letting any
//! time pass.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, Task, create_task, sleep};

async fn service(is_up: Rc<Cell<bool>>) -> Result<()> {
    is_up.set(true);
    sleep(3600).await
}

async fn boot(is_up: Rc<Cell<bool>>) -> Result<(bool, Task<()>)> {
    let task = create_task(service(is_up.clone()));
    // START
    // SOLUTION
    sleep(0).await?;
    // END
    Ok((is_up.get(), task))
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
    fn the_service_is_up_at_once() {
        let (result, seconds) = timed(async {
            let (is_up, task) = boot(Rc::default()).await?;
            assert!(!task.done(), "the service goes on");
            Ok(is_up)
        });
        assert!(result.unwrap(), "the service has not begun");
        assert_eq!(seconds, 0.0, "no time passes");
    }
}
