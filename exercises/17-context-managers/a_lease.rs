//! This context manager takes a room for the time of a block. `enter` takes a
//! second and counts the room as taken. Write `exit`: it takes a second, counts the
//! room as free, and lets an error of the block go on to the caller.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{AsyncContextManager, Error, Result, ValueError, async_with, sleep};

struct Room {
    taken: Rc<Cell<u32>>,
}

impl AsyncContextManager for Room {
    type Value = u32;

    async fn enter(&mut self) -> Result<u32> {
        sleep(1).await?;
        self.taken.set(self.taken.get() + 1);
        Ok(self.taken.get())
    }

    async fn exit(&mut self, _error: Option<&Error>) -> Result<bool> {
        // START
        // Ok(true)
        // SOLUTION
        sleep(1).await?;
        self.taken.set(self.taken.get() - 1);
        Ok(false)
        // END
    }
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
    fn the_room_is_free_after_the_block() {
        let taken = Rc::new(Cell::new(0));
        let room = Room { taken: taken.clone() };
        let (result, seconds) = timed(async_with(room, async |number| Ok(number)));
        assert_eq!(result.unwrap(), Some(1));
        assert_eq!(taken.get(), 0);
        assert_eq!(seconds, 2.0);
    }

    #[test]
    fn an_error_goes_on_and_frees_the_room() {
        let taken = Rc::new(Cell::new(0));
        let room = Room { taken: taken.clone() };
        let (result, _) = timed(async_with(room, async |_| {
            Err::<(), _>(ValueError::new("no chairs").into())
        }));
        let error = result.expect_err("the error was suppressed");
        assert_eq!(error.to_string(), "no chairs");
        assert_eq!(taken.get(), 0);
    }
}
