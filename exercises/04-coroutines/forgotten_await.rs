//! `save` is called for every page, and yet nothing is saved. Fix the loop.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, sleep};

async fn save(page: u32, disk: Rc<RefCell<Vec<u32>>>) -> Result<()> {
    sleep(0.5).await?;
    disk.borrow_mut().push(page);
    Ok(())
}

async fn save_all(pages: u32) -> Result<Vec<u32>> {
    let disk = Rc::new(RefCell::new(Vec::new()));
    for page in 1..=pages {
        // START
        // save(page, disk.clone());
        // SOLUTION
        save(page, disk.clone()).await?;
        // END
    }
    Ok(disk.take())
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
    fn every_page_is_saved() {
        let (result, seconds) = timed(save_all(4));
        assert_eq!(result.unwrap(), [1, 2, 3, 4]);
        assert_eq!(seconds, 2.0);
    }
}
