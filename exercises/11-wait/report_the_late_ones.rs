//! Each runner needs some minutes for a lap. Return the names of the runners that
//! are late, in order. They may go on running.

use asyncio::{Result, Task, create_task, sleep, wait};

async fn late(runners: &[Task<()>], minutes: u32) -> Result<Vec<String>> {
    // START
    // let (_done, pending) = wait(runners).await?;
    // SOLUTION
    let (_done, pending) = wait(runners).timeout(minutes).await?;
    // END
    Ok(pending.iter().map(|task| task.get_name().to_string()).collect())
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
    fn two_are_late_and_run_on() {
        let (result, seconds) = timed(async {
            let laps = [("Ada", 2), ("Bela", 9), ("Cleo", 1), ("Dora", 4)];
            let runners =
                laps.map(|(name, time)| create_task(sleep(time)).named(name));
            let late = late(&runners, 3).await?;
            assert!(
                runners.iter().all(|task| !task.cancelled()),
                "one was cancelled"
            );
            Ok(late)
        });
        assert_eq!(result.unwrap(), ["Bela", "Dora"]);
        assert_eq!(seconds, 3.0);
    }
}
