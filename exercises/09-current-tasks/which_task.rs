//! Write `log_line`, which puts the name of the running task before a message:
//! `baker: dough is ready`. A callback runs outside of any task; there, the name is
//! `-`.

use asyncio::{Result, create_task, current_task, sleep};

fn log_line(message: &str) -> Result<String> {
    // START
    // Ok(format!("?: {message}"))
    // SOLUTION
    match current_task()? {
        Some(task) => Ok(format!("{}: {message}", task.get_name())),
        None => Ok(format!("-: {message}")),
    }
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
    fn the_name_is_that_of_the_running_task() {
        let (result, _) = timed(async {
            let bake = async {
                sleep(1).await?;
                log_line("dough is ready")
            };
            create_task(bake).named("baker").await
        });
        assert_eq!(result.unwrap(), "baker: dough is ready");
    }

    #[test]
    fn a_callback_is_part_of_no_task() {
        let (result, _) = timed(async {
            let event_loop = asyncio::get_running_loop()?;
            let line = event_loop.create_future();
            let to = line.clone();
            event_loop.call_soon(move || {
                to.set_result(log_line("ding")).expect("it is completed once");
            })?;
            line.await?
        });
        assert_eq!(result.unwrap(), "-: ding");
    }
}
