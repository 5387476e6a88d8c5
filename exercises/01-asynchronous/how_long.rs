//! How many seconds does each of these four coroutines take? Write your guesses
//! into `GUESSES`, in order, and check them. Nothing else has to be changed.

use asyncio::{Result, create_task, gather, sleep, time};

// START
// const GUESSES: [f64; 4] = [0.0, 0.0, 0.0, 0.0];
// SOLUTION
const GUESSES: [f64; 4] = [5.0, 3.0, 3.0, 5.0];
// END

async fn one_after_the_other() -> Result<()> {
    sleep(2).await?;
    sleep(3).await
}

async fn both_at_once() -> Result<()> {
    gather([sleep(2), sleep(3)]).await?;
    Ok(())
}

async fn a_task_and_a_sleep() -> Result<()> {
    let task = create_task(sleep(3));
    sleep(2).await?;
    task.await
}

async fn one_of_them_blocks() -> Result<()> {
    // `time::sleep` stops the whole thread, as `time.sleep` does in Python.
    let blocking = async {
        time::sleep(2);
        Ok(())
    };
    let task = create_task(blocking);
    sleep(0).await?;
    sleep(3).await?;
    task.await
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

    fn guessed(
        index: usize,
        coroutine: impl Future<Output = Result<()>> + 'static,
    ) {
        let guess = GUESSES[index];
        assert!(guess == timed(coroutine).1, "it does not take {guess} seconds");
    }

    #[test]
    fn one_after_the_other_takes_the_sum() {
        guessed(0, one_after_the_other());
    }

    #[test]
    fn both_at_once_take_as_long_as_the_longer() {
        guessed(1, both_at_once());
    }

    #[test]
    fn a_task_runs_while_its_maker_sleeps() {
        guessed(2, a_task_and_a_sleep());
    }

    #[test]
    fn a_blocking_call_holds_up_all_others() {
        guessed(3, one_of_them_blocks());
    }
}
