//! Every task counts its visit, but each of them counts in a number of its own,
//! because `async move` copies the number. Make all tasks count in the same number.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, gather, sleep};

async fn count_visits(tasks: u32) -> Result<u32> {
    // START
    // let mut visits = 0;
    // let tasks = (0..tasks).map(|_| {
    //     create_task(async move {
    //         sleep(1).await?;
    //         visits += 1;
    //         Ok(())
    //     })
    // });
    // gather(tasks).await?;
    // Ok(visits)
    // SOLUTION
    let visits = Rc::new(Cell::new(0));
    let tasks = (0..tasks).map(|_| {
        let visits = visits.clone();
        create_task(async move {
            sleep(1).await?;
            visits.set(visits.get() + 1);
            Ok(())
        })
    });
    gather(tasks).await?;
    Ok(visits.get())
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
    fn ten_tasks_are_ten_visits() {
        let (result, seconds) = timed(count_visits(10));
        assert_eq!(result.unwrap(), 10);
        assert_eq!(seconds, 1.0, "the tasks run at the same time");
    }
}
