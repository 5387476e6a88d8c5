//! The two words come one after the other, and the second one after three seconds.
//! Run both in tasks, so that the greeting is complete after two seconds. It must
//! stay the same.

use asyncio::{Result, create_task, sleep};

async fn after(seconds: u32, word: &'static str) -> Result<&'static str> {
    sleep(seconds).await?;
    Ok(word)
}

async fn greeting() -> Result<String> {
    // START
    // let hello = after(1, "hello").await?;
    // let world = after(2, "world").await?;
    // Ok(format!("{hello} {world}"))
    // SOLUTION
    let hello = create_task(after(1, "hello"));
    let world = create_task(after(2, "world"));
    Ok(format!("{} {}", hello.await?, world.await?))
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
    fn both_words_take_two_seconds() {
        let (result, seconds) = timed(greeting());
        assert_eq!(result.unwrap(), "hello world");
        assert_eq!(seconds, 2.0, "the words are waited for at the same time");
    }
}
