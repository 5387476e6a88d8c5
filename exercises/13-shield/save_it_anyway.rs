//! A request may be cancelled while it saves a document. It must end at once, but
//! the document has to be saved all the same.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, create_task, shield, sleep};

type Disk = Rc<Cell<u32>>;

async fn write(disk: Disk) -> Result<u32> {
    sleep(3).await?;
    disk.set(disk.get() + 1);
    Ok(disk.get())
}

async fn request(disk: Disk) -> Result<u32> {
    // START
    // write(disk).await
    // SOLUTION
    let task = create_task(write(disk));
    shield(&task).await
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
    fn the_document_is_saved_although_the_request_is_cancelled() {
        let disk = Disk::default();
        let seen = disk.clone();
        let (result, _) = timed(async move {
            let event_loop = asyncio::get_running_loop()?;
            let (start, request) = (event_loop.time(), create_task(request(disk)));
            sleep(1).await?;
            request.cancel();
            assert!((&request).await.is_err(), "the request goes on");
            assert_eq!((event_loop.time() - start).round(), 1.0, "it ends at once");
            sleep(5).await?;
            Ok(seen.get())
        });
        assert_eq!(result.unwrap(), 1, "saved documents");
    }

    #[test]
    fn a_request_that_nobody_cancels_returns_the_number() {
        assert_eq!(timed(request(Disk::default())).0.unwrap(), 1);
    }
}
