//! A library has only plain functions, which block: the objection is that
//! everything around them would have to become `async`. It does not. Call
//! `translate` for all words at the same time, without changing it.

use asyncio::{Result, gather, time, to_thread};

/// Asks a server, and blocks the thread for two seconds.
fn translate(word: &'static str) -> String {
    time::sleep(2);
    word.chars().rev().collect()
}

async fn translate_all(words: [&'static str; 3]) -> Result<Vec<String>> {
    // START
    // Ok(words.map(translate).to_vec())
    // SOLUTION
    let translated = gather(words.map(|word| to_thread(move || translate(word))));
    Ok(translated.await?.to_vec())
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
    fn three_words_take_two_seconds() {
        let (result, seconds) = timed(translate_all(["tea", "milk", "sugar"]));
        assert_eq!(result.unwrap(), ["aet", "klim", "ragus"]);
        assert_eq!(seconds, 2.0);
    }
}
