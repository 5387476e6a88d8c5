//! In which order are these words written? Put your prediction into `PREDICTION`,
//! and check it.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, create_task, get_running_loop, sleep};

// START
// const PREDICTION: [&str; 7] =
//     ["main", "callback", "Ann", "Ann again", "Bob", "Bob again", "main again"];
// SOLUTION
const PREDICTION: [&str; 7] =
    ["main", "Ann", "Bob", "callback", "Ann again", "Bob again", "main again"];
// END

type Log = Rc<RefCell<Vec<&'static str>>>;

async fn visit(words: [&'static str; 2], log: Log) -> Result<()> {
    log.borrow_mut().push(words[0]);
    sleep(0).await?;
    log.borrow_mut().push(words[1]);
    Ok(())
}

async fn program(log: Log) -> Result<()> {
    let ann = create_task(visit(["Ann", "Ann again"], log.clone()));
    let bob = create_task(visit(["Bob", "Bob again"], log.clone()));
    let note = log.clone();
    get_running_loop()?.call_soon(move || note.borrow_mut().push("callback"))?;
    log.borrow_mut().push("main");
    ann.await?;
    bob.await?;
    log.borrow_mut().push("main again");
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
    fn the_prediction_is_what_happens() {
        let log = Log::default();
        timed(program(log.clone())).0.unwrap();
        let happened = log.take();
        let right =
            happened.iter().zip(PREDICTION).take_while(|(one, two)| **one == *two);
        let right = right.count();
        assert!(right == happened.len(), "the first {right} words are right");
    }
}
