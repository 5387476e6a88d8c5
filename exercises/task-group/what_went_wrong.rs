//! Several deliveries can fail at the same moment. The group then raises all of
//! their errors together, as an exception group. Return the messages of all of
//! them. Any other error goes on to the caller.

use asyncio::{ExceptionGroup, Result, TaskGroup, ValueError, sleep};

async fn deliver(city: &'static str) -> Result<()> {
    sleep(1).await?;
    match city {
        "Rome" => Ok(()),
        city => Err(ValueError::new(format!("no road to {city}")).into()),
    }
}

async fn failures(cities: &'static [&'static str]) -> Result<Vec<String>> {
    let group = TaskGroup::new();
    let delivered = group.run(async |group| {
        for city in cities {
            group.create_task(deliver(city))?;
        }
        Ok(())
    });
    // START
    // match delivered.await {
    //     Ok(()) => Ok(Vec::new()),
    //     Err(error) => Ok(vec![error.to_string()]),
    // }
    // SOLUTION
    let Err(error) = delivered.await else { return Ok(Vec::new()) };
    match error.downcast_ref::<ExceptionGroup>() {
        Some(group) => {
            Ok(group.exceptions().iter().map(ToString::to_string).collect())
        }
        None => Err(error),
    }
    // END
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
    fn all_failures_are_listed() {
        let (result, seconds) = timed(failures(&["Oslo", "Rome", "Atlantis"]));
        assert_eq!(result.unwrap(), ["no road to Oslo", "no road to Atlantis"]);
        assert_eq!(seconds, 1.0);
    }

    #[test]
    fn a_good_day_has_none() {
        let (result, _) = timed(failures(&["Rome"]));
        assert!(result.unwrap().is_empty());
    }

    #[test]
    fn a_cancellation_is_no_failure() {
        let (result, _) = timed(async {
            let task = asyncio::create_task(failures(&["Oslo", "Rome"]));
            sleep(0.5).await?;
            task.cancel();
            let ended = (&task).await;
            assert!(ended.is_err(), "the cancellation was swallowed");
            Ok(task.cancelled())
        });
        assert!(result.unwrap(), "the task has to end cancelled");
    }
}
