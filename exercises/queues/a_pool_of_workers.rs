//! One worker needs ten seconds for ten jobs. Use three workers. They never end by
//! themselves, so cancel them when all jobs are done.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Queue, Result, all_tasks, create_task, sleep};

async fn worker(jobs: Queue<u32>, sum: Rc<Cell<u32>>) -> Result<()> {
    loop {
        let job = jobs.get().await?;
        sleep(1).await?;
        sum.set(sum.get() + job);
        jobs.task_done()?;
    }
}

async fn work_off(numbers: u32) -> Result<u32> {
    let (jobs, sum) = (Queue::new(0), Rc::new(Cell::new(0)));
    for number in 1..=numbers {
        jobs.put(number).await?;
    }
    // START
    // let _worker = create_task(worker(jobs.clone(), sum.clone()));
    // jobs.join().await?;
    // SOLUTION
    let workers = [(); 3].map(|()| create_task(worker(jobs.clone(), sum.clone())));
    jobs.join().await?;
    for worker in workers {
        worker.cancel();
    }
    // END
    Ok(sum.get())
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
    fn three_workers_need_four_seconds_and_none_is_left() {
        let (result, seconds) = timed(async {
            let sum = work_off(10).await?;
            sleep(0).await?;
            sleep(0).await?;
            Ok((sum, all_tasks()?.len()))
        });
        assert_eq!(result.unwrap(), (55, 1), "the sum, and the tasks at the end");
        assert_eq!(seconds, 4.0);
    }
}
