//! A context manager can be one coroutine: the lines before `yield_value` are its
//! entry, and those after it its exit. Here the exit is skipped when the block
//! fails. Fix it: log "commit" after a good block and "rollback" after a failed
//! one, and let the error go on.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{
    AsyncContextManager, Result, ValueError, async_with, asynccontextmanager,
};

type Log = Rc<RefCell<Vec<&'static str>>>;

fn transaction(log: Log) -> impl AsyncContextManager<Value = ()> {
    asynccontextmanager(async move |scope| {
        log.borrow_mut().push("begin");
        // START
        // scope.yield_value(()).await?;
        // log.borrow_mut().push("commit");
        // Ok(())
        // SOLUTION
        let result = scope.yield_value(()).await;
        log.borrow_mut().push(if result.is_ok() { "commit" } else { "rollback" });
        result
        // END
    })
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
    fn a_good_block_commits() {
        let log = Log::default();
        timed(async_with(transaction(log.clone()), async |()| Ok(()))).0.unwrap();
        assert_eq!(log.take(), ["begin", "commit"]);
    }

    #[test]
    fn a_failed_block_rolls_back() {
        let log = Log::default();
        let (result, _) = timed(async_with(transaction(log.clone()), async |()| {
            Err::<(), _>(ValueError::new("no money").into())
        }));
        assert_eq!(result.unwrap_err().to_string(), "no money");
        assert_eq!(log.take(), ["begin", "rollback"]);
    }
}
