//! Handlers start background tasks and drop the handles. At the end the program
//! must wait for those that are left: `run` would cancel them. Write `finish`, which
//! waits for all other tasks of the loop, and for those that they start meanwhile.

use std::cell::Cell;
use std::rc::Rc;

use asyncio::{Result, all_tasks, create_task, current_task, sleep, wait};

async fn finish() -> Result<()> {
    // START
    // sleep(1).await
    // SOLUTION
    let me = current_task()?;
    loop {
        let mut others = all_tasks()?;
        others.retain(|task| Some(task) != me.as_ref());
        if others.is_empty() {
            return Ok(());
        }
        wait(&others).await?;
    }
    // END
}

type Saved = Rc<Cell<u32>>;

/// Saves after some seconds, and starts another task before it ends.
async fn save(seconds: u32, saved: Saved) -> Result<()> {
    sleep(seconds).await?;
    saved.set(saved.get() + 1);
    if seconds == 5 {
        create_task(save(2, saved));
    }
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
    fn everything_is_saved_at_the_end() {
        let saved = Saved::default();
        let seen = saved.clone();
        let (result, seconds) = timed(async move {
            for time in [1, 3, 5] {
                create_task(save(time, saved.clone()));
            }
            finish().await
        });
        result.unwrap();
        assert_eq!(seen.get(), 4, "saved documents");
        assert_eq!(seconds, 7.0);
    }

    #[test]
    fn without_background_tasks_it_ends_at_once() {
        let (result, seconds) = timed(finish());
        result.unwrap();
        assert_eq!(seconds, 0.0);
    }
}
