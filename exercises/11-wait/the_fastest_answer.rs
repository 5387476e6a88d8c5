//! Ask all mirrors at once, return the name of the one that answers first, and
//! cancel the other requests. `wait` cancels nothing by itself.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::ReturnWhen::FirstCompleted;
use asyncio::{Result, create_task, sleep, wait};

/// How many requests have run to their end.
type Finished = Rc<Cell<u32>>;

async fn ask(
    mirror: (&'static str, u32),
    finished: Finished,
) -> Result<&'static str> {
    sleep(mirror.1).await?;
    finished.set(finished.get() + 1);
    Ok(mirror.0)
}

async fn fastest(
    mirrors: [(&'static str, u32); 3],
    finished: Finished,
) -> Result<&'static str> {
    let tasks = mirrors.map(|mirror| create_task(ask(mirror, finished.clone())));
    // START
    // let (done, _pending) = wait(&tasks).await?;
    // done[0].result()
    // SOLUTION
    let (done, pending) = wait(&tasks).return_when(FirstCompleted).await?;
    for task in pending {
        task.cancel();
    }
    done[0].result()
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
    fn the_fastest_mirror_wins_and_the_others_stop() {
        let finished = Finished::default();
        let seen = finished.clone();
        let (result, seconds) = timed(async move {
            let mirrors = [("Lisbon", 3), ("Kyoto", 1), ("Quito", 2)];
            let start = asyncio::get_running_loop()?.time();
            let name = fastest(mirrors, finished).await?;
            let took = asyncio::get_running_loop()?.time() - start;
            sleep(10).await?;
            Ok((name, took.round(), seen.get()))
        });
        assert_eq!(
            result.unwrap(),
            ("Kyoto", 1.0, 1),
            "name, seconds, finished requests"
        );
        assert_eq!(seconds, 11.0);
    }
}
