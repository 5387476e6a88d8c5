//! Run a command in the shell. If it fails, return an error that says so, for
//! example `status 3`. Now every command counts as a success, because a status is
//! not an error.

use asyncio::{Result, ValueError, create_subprocess_shell};

async fn run_command(command: &str) -> Result<()> {
    let process = create_subprocess_shell(command).await?;
    // START
    // let _status = process.wait().await?;
    // Ok(())
    // SOLUTION
    match process.wait().await? {
        0 => Ok(()),
        status => Err(ValueError::new(format!("status {status}")).into()),
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
    fn a_good_command_is_no_error() {
        timed(async { run_command("true").await }).0.unwrap();
    }

    #[test]
    fn the_status_of_a_failed_one_is_told() {
        let (result, _) = timed(async { run_command("exit 3").await });
        let error = result.expect_err("the command has failed");
        assert!(error.is::<ValueError>(), "it is {error:?}");
        assert_eq!(error.to_string(), "status 3");
    }
}
