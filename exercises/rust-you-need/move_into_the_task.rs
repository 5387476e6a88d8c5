//! This function does not compile. Read what the compiler says, and make the task
//! own what it uses.

use asyncio::{Result, create_task, sleep};

async fn letters(name: &str) -> Result<usize> {
    let name = name.to_owned();
    // START
    // let task = create_task(async {
    // SOLUTION
    let task = create_task(async move {
        // END
        sleep(1).await?;
        Ok(name.len())
    });
    task.await
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
    fn the_task_counts_the_letters() {
        let (result, seconds) = timed(letters("Ada"));
        assert_eq!(result.unwrap(), 3);
        assert_eq!(seconds, 1.0);
    }
}
