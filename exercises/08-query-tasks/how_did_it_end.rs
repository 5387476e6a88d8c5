//! Describe the state of a task without waiting for it: `running`, `cancelled`,
//! `failed: ` with the message of its error, or `returned ` with its number.

use asyncio::{Result, Task, ValueError, create_task, sleep};

fn describe(task: &Task<u32>) -> Result<String> {
    // START
    // Ok(format!("returned {}", task.result()?))
    // SOLUTION
    if !task.done() {
        return Ok("running".to_owned());
    }
    if task.cancelled() {
        return Ok("cancelled".to_owned());
    }
    match task.exception()? {
        Some(error) => Ok(format!("failed: {error}")),
        None => Ok(format!("returned {}", task.result()?)),
    }
    // END
}

async fn work(number: u32) -> Result<u32> {
    sleep(number).await?;
    match number {
        2 => Err(ValueError::new("two is too many").into()),
        number => Ok(number),
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
    fn all_four_states_have_words() {
        let (result, _) = timed(async {
            let tasks = [1, 2, 3, 9].map(|number| create_task(work(number)));
            sleep(2.5).await?;
            tasks[2].cancel();
            sleep(0.1).await?;
            tasks.iter().map(describe).collect::<Result<Vec<_>>>()
        });
        let words =
            ["returned 1", "failed: two is too many", "cancelled", "running"];
        assert_eq!(result.unwrap(), words);
    }
}
