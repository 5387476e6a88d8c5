//! `download` writes a temporary file, and leaves it behind when it is cancelled.
//! Remove the file in both cases, and pass a cancellation on.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, sleep};

/// How many temporary files there are.
type Files = Rc<Cell<u32>>;

async fn download(files: Files) -> Result<&'static str> {
    files.set(files.get() + 1);
    // START
    // sleep(60).await?;
    // files.set(files.get() - 1);
    // Ok("a page")
    // SOLUTION
    let result = sleep(60).await;
    files.set(files.get() - 1);
    result?;
    Ok("a page")
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
    fn the_file_is_removed_after_the_download() {
        let files = Files::default();
        let (result, _) = timed(download(files.clone()));
        assert_eq!(result.unwrap(), "a page");
        assert_eq!(files.get(), 0);
    }

    #[test]
    fn the_file_is_removed_after_a_cancellation() {
        let files = Files::default();
        let task_files = files.clone();
        let (result, _) = timed(async {
            let task = create_task(download(task_files));
            sleep(1).await?;
            task.cancel();
            let ended = (&task).await;
            assert!(ended.is_err(), "the cancellation was swallowed");
            Ok(task.cancelled())
        });
        assert!(result.unwrap(), "the task has to end cancelled");
        assert_eq!(files.get(), 0, "files left behind");
    }
}
