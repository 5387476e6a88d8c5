//! Write `shut_down`: it cancels every task of the loop except the one that calls
//! it, waits until all of them have ended, and returns how many there were.

use asyncio::{Result, all_tasks, create_task, current_task, sleep, wait};

async fn shut_down() -> Result<usize> {
    // START
    // Ok(all_tasks()?.len() - 1)
    // SOLUTION
    let me = current_task()?;
    let mut others = all_tasks()?;
    others.retain(|task| Some(task) != me.as_ref());
    if others.is_empty() {
        return Ok(0);
    }
    others.iter().for_each(|task| {
        task.cancel();
    });
    wait(&others).await?;
    Ok(others.len())
    // END
}

/// Works for ever, and needs some seconds to stop.
async fn worker(seconds: u32) -> Result<()> {
    let result = sleep(86400).await;
    sleep(seconds).await?;
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
    fn all_workers_have_stopped() {
        let (result, seconds) = timed(async {
            let workers = [2, 3, 1].map(|seconds| create_task(worker(seconds)));
            sleep(1).await?;
            let stopped = shut_down().await?;
            assert!(workers.iter().all(|task| task.done()), "a worker still runs");
            Ok(stopped)
        });
        assert_eq!(result.unwrap(), 3);
        assert_eq!(seconds, 4.0, "they stop at the same time");
    }

    #[test]
    fn without_workers_there_is_nothing_to_do() {
        assert_eq!(timed(shut_down()).0.unwrap(), 0);
    }
}
