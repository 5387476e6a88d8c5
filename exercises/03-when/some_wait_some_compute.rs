//! Some jobs wait and some compute. `time::sleep` stands for a computation, which
//! blocks its thread. Run all jobs at the same time, the computing ones in
//! threads, so that together they take as long as the longest.

use asyncio::{Result, gather, sleep, time, to_thread};

#[derive(Clone, Copy)]
enum Job {
    Wait(u32),
    Compute(u32),
}

fn compute(seconds: u32) {
    time::sleep(seconds);
}

async fn run_job(job: Job) -> Result<()> {
    match job {
        Job::Wait(seconds) => sleep(seconds).await,
        // START
        // Job::Compute(seconds) => {
        //     compute(seconds);
        //     Ok(())
        // }
        // SOLUTION
        Job::Compute(seconds) => to_thread(move || compute(seconds)).await,
        // END
    }
}

async fn run_all(jobs: Vec<Job>) -> Result<()> {
    // START
    // for job in jobs {
    //     run_job(job).await?;
    // }
    // Ok(())
    // SOLUTION
    gather(jobs.into_iter().map(run_job)).await?;
    Ok(())
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
    fn waits_overlap() {
        let (result, seconds) = timed(run_all(vec![Job::Wait(3), Job::Wait(2)]));
        result.unwrap();
        assert_eq!(seconds, 3.0);
    }

    #[test]
    fn computations_overlap_with_waits_and_with_each_other() {
        let jobs = vec![Job::Compute(2), Job::Wait(3), Job::Compute(2)];
        let (result, seconds) = timed(run_all(jobs));
        result.unwrap();
        assert_eq!(seconds, 3.0);
    }
}
