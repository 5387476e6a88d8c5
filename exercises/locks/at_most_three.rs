//! The server allows three requests at a time, and we send eight. Use a semaphore.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, Semaphore, gather, sleep};

#[derive(Clone, Default)]
struct Server {
    busy: Rc<Cell<u32>>,
    most: Rc<Cell<u32>>,
}

impl Server {
    async fn answer(&self) -> Result<()> {
        self.busy.set(self.busy.get() + 1);
        self.most.set(self.most.get().max(self.busy.get()));
        sleep(1).await?;
        self.busy.set(self.busy.get() - 1);
        Ok(())
    }
}

async fn request(server: Server, permits: Semaphore) -> Result<()> {
    // START
    // let _ = permits;
    // server.answer().await
    // SOLUTION
    let _permit = permits.permit().await?;
    server.answer().await
    // END
}

async fn eight_requests(server: Server) -> Result<()> {
    let permits = Semaphore::new(3)?;
    gather((0..8).map(|_| request(server.clone(), permits.clone()))).await?;
    Ok(())
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
    fn three_at_a_time_take_three_seconds() {
        let server = Server::default();
        let (result, seconds) = timed(eight_requests(server.clone()));
        result.unwrap();
        assert_eq!(server.most.get(), 3, "requests at the same time");
        assert_eq!(seconds, 3.0);
    }
}
