//! Five files have to be checked, each in a thread, but the disk can serve only two
//! at a time. The default pool would start more. Let no more than two checks run at
//! once, and return the sizes in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use asyncio::{Result, Semaphore, gather, time, to_thread};

/// How many run now, and how many have run at once at most.
#[derive(Clone, Default)]
struct Disk {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Disk {
    fn check(&self, file: usize) -> usize {
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(running, SeqCst);
        time::sleep(1);
        self.running.fetch_sub(1, SeqCst);
        file * 100
    }
}

async fn check_all(files: [usize; 5], disk: Disk) -> Result<Vec<usize>> {
    // START
    // let checks = files.map(|file| {
    //     let disk = disk.clone();
    //     to_thread(move || disk.check(file))
    // });
    // Ok(gather(checks).await?.to_vec())
    // SOLUTION
    let permits = Semaphore::new(2)?;
    let checks = files.map(|file| {
        let (disk, permits) = (disk.clone(), permits.clone());
        async move {
            let _permit = permits.permit().await?;
            to_thread(move || disk.check(file)).await
        }
    });
    Ok(gather(checks).await?.to_vec())
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
    fn no_more_than_two_run_at_once() {
        let disk = Disk::default();
        let (result, seconds) = timed(check_all([1, 2, 3, 4, 5], disk.clone()));
        assert_eq!(result.unwrap(), [100, 200, 300, 400, 500]);
        assert_eq!(disk.most.load(SeqCst), 2, "checks that ran at once");
        assert_eq!(seconds, 3.0);
    }
}
