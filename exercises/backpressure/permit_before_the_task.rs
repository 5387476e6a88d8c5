//! Requests come in without end, and each becomes a task that waits for one of two
//! permits. So only two are served at a time, but the tasks pile up. Acquire the
//! permit before the task is made, so that no more than two of these tasks exist.

use asyncio::{Result, Semaphore, all_tasks, create_task, sleep};

async fn serve() -> Result<()> {
    sleep(2).await
}

/// Accepts a request every tenth of a second. Returns the largest number of tasks at
/// a time, with its own.
async fn accept(requests: u32) -> Result<usize> {
    let permits = Semaphore::new(2)?;
    let mut most = 0;
    for _request in 0..requests {
        sleep(0.1).await?;
        // START
        // let permits = permits.clone();
        // create_task(async move {
        //     let _permit = permits.permit().await?;
        //     serve().await
        // });
        // SOLUTION
        let permit = permits.permit().await?;
        create_task(async move {
            let _permit = permit;
            serve().await
        });
        // END
        most = most.max(all_tasks()?.len());
    }
    Ok(most)
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
    fn no_more_than_two_tasks_serve() {
        let (result, _) = timed(accept(20));
        assert_eq!(
            result.unwrap(),
            3,
            "tasks at a time, with the one that accepts"
        );
    }
}
