//! Two singers should sing at the same time, and yet the second begins when the
//! first has finished. Make them take turns, line by line, without letting any time
//! pass.

use std::cell::RefCell;
use std::rc::Rc;

use asyncio::{Result, gather, sleep};

type Song = Rc<RefCell<Vec<String>>>;

async fn sing(singer: &str, song: Song) -> Result<()> {
    for line in 1..=2 {
        song.borrow_mut().push(format!("{singer} {line}"));
        // START
        // SOLUTION
        sleep(0).await?;
        // END
    }
    Ok(())
}

async fn duet() -> Result<Vec<String>> {
    let song = Song::default();
    gather(["Ada", "Bo"].map(|singer| sing(singer, song.clone()))).await?;
    Ok(song.take())
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
    fn they_take_turns() {
        let (result, seconds) = timed(duet());
        assert_eq!(result.unwrap(), ["Ada 1", "Bo 1", "Ada 2", "Bo 2"]);
        assert_eq!(seconds, 0.0, "no time passes");
    }
}
