//! `publish` lets one pass go by and hopes that the text is ready. It is not: the
//! writer needs several passes. Make it right, however many passes the writer
//! takes.

use asyncio::{Result, Task, create_task, gather, sleep};

async fn write(passes: u32) -> Result<&'static str> {
    for _ in 0..passes {
        sleep(0).await?;
    }
    // Two sentences, written together.
    let sentences = gather([sleep(0), sleep(0)]).await?;
    Ok(if sentences.len() == 2 { "a text" } else { "half a text" })
}

async fn publish(text: Task<&'static str>) -> Result<&'static str> {
    // START
    // sleep(0).await?;
    // if text.done() { text.result() } else { Ok("an empty page") }
    // SOLUTION
    text.await
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
    fn the_text_is_published_however_long_it_takes() {
        for passes in [0, 1, 7] {
            let (result, seconds) =
                timed(async move { publish(create_task(write(passes))).await });
            assert_eq!(result.unwrap(), "a text", "after {passes} passes");
            assert_eq!(seconds, 0.0);
        }
    }
}
