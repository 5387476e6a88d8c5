//! Schedule three callbacks: "boil" now, "pour" in three seconds, "drink" in five.
//! Each writes its word into the log. Use `call_soon` and `call_later`, and no
//! task.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{EventLoop, Result, get_running_loop, sleep};

type Log = Rc<RefCell<Vec<(&'static str, f64)>>>;

/// Writes a word and the time into the log.
fn note(word: &'static str, log: &Log) {
    let event_loop = get_running_loop().expect("a callback runs in a loop");
    log.borrow_mut().push((word, event_loop.time()));
}

fn plan(event_loop: &EventLoop, log: &Log) -> Result<()> {
    // START
    // for word in ["boil", "pour", "drink"] {
    //     let log = log.clone();
    //     event_loop.call_soon(move || note(word, &log))?;
    // }
    // Ok(())
    // SOLUTION
    let boil = log.clone();
    event_loop.call_soon(move || note("boil", &boil))?;
    for (seconds, word) in [(3, "pour"), (5, "drink")] {
        let log = log.clone();
        event_loop.call_later(seconds, move || note(word, &log))?;
    }
    Ok(())
    // END
}

async fn tea_time() -> Result<Vec<(&'static str, f64)>> {
    let event_loop = get_running_loop()?;
    let (start, log) = (event_loop.time(), Log::default());
    plan(&event_loop, &log)?;
    sleep(10).await?;
    Ok(log.take().iter().map(|(word, time)| (*word, time - start)).collect())
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
    fn each_word_comes_at_its_time() {
        let log = timed(tea_time()).0.unwrap();
        let seconds = log.iter().map(|(word, time)| (*word, time.round()));
        let expected = [("boil", 0.0), ("pour", 3.0), ("drink", 5.0)];
        assert_eq!(seconds.collect::<Vec<_>>(), expected);
    }
}
