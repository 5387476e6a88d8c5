//! Most lookups are in the cache and never wait, and yet each costs a pass of the
//! loop. Switch the loop to eager tasks, so that these are done as soon as they are
//! made. The function returns how many are.

use asyncio::{Result, TaskFactory, create_task, get_running_loop, sleep};

async fn look_up(word: &str) -> Result<usize> {
    if word.len() > 4 {
        // Not in the cache.
        sleep(1).await?;
    }
    Ok(word.len())
}

async fn at_once(words: &'static [&'static str]) -> Result<usize> {
    // START
    // SOLUTION
    get_running_loop()?.set_task_factory(TaskFactory::Eager);
    // END
    let tasks: Vec<_> =
        words.iter().map(|word| create_task(look_up(word))).collect();
    Ok(tasks.iter().filter(|task| task.done()).count())
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
    fn those_in_the_cache_are_done_at_once() {
        let (result, seconds) = timed(at_once(&["tea", "coffee", "milk", "sugar"]));
        assert_eq!(result.unwrap(), 2);
        assert_eq!(seconds, 0.0);
    }
}
