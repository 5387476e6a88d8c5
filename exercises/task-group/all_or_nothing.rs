//! An order consists of three bookings, which run at the same time. If one fails,
//! the others must be cancelled, but `gather` leaves them running. Use a
//! `TaskGroup`.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, TaskGroup, ValueError, sleep};

/// Books something in so many seconds; zero seconds are an error after one.
async fn book(seconds: u32, booked: Rc<Cell<u32>>) -> Result<u32> {
    if seconds == 0 {
        sleep(1).await?;
        return Err(ValueError::new("sold out").into());
    }
    sleep(seconds).await?;
    booked.set(booked.get() + 1);
    Ok(seconds)
}

async fn order(times: [u32; 3], booked: Rc<Cell<u32>>) -> Result<u32> {
    // START
    // let all = asyncio::gather(times.map(|time| book(time, booked.clone()))).await?;
    // Ok(all.iter().sum())
    // SOLUTION
    let tasks = TaskGroup::new()
        .run(async |group| {
            let mut tasks = Vec::new();
            for time in times {
                tasks.push(group.create_task(book(time, booked.clone()))?);
            }
            Ok(tasks)
        })
        .await?;
    tasks.iter().map(|task| task.result()).sum()
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
    fn a_good_order_is_booked_at_once() {
        let (result, seconds) = timed(order([2, 3, 1], Rc::default()));
        assert_eq!(result.unwrap(), 6);
        assert_eq!(seconds, 3.0);
    }

    #[test]
    fn a_failure_ends_the_others() {
        let booked = Rc::new(Cell::new(0));
        let seen = booked.clone();
        let (result, seconds) = timed(async move {
            let ended = order([2, 0, 3], booked).await;
            assert!(ended.is_err(), "one booking has failed");
            // Time enough for bookings that go on.
            sleep(10).await?;
            Ok(seen.get())
        });
        assert_eq!(result.unwrap(), 0, "bookings that went on");
        assert_eq!(seconds, 11.0, "the order ends with the failure");
    }
}
