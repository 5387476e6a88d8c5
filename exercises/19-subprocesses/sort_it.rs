//! Let the program `sort` sort the lines of a text: write the text to its standard
//! input, and return what it prints.

use asyncio::subprocess::PIPE;
use asyncio::{Result, create_subprocess_exec};

async fn sorted(text: &str) -> Result<String> {
    // START
    // let mut process =
    //     create_subprocess_exec("echo").arg(text).stdout(PIPE).await?;
    // let (stdout, _stderr) = process.communicate().await?;
    // SOLUTION
    let mut process =
        create_subprocess_exec("sort").stdin(PIPE).stdout(PIPE).await?;
    let (stdout, _stderr) = process.communicate_with(text).await?;
    // END
    Ok(String::from_utf8(stdout.unwrap_or_default())?)
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
    fn the_lines_come_back_in_order() {
        let (result, _) = timed(async { sorted("pear\napple\nfig\n").await });
        assert_eq!(result.unwrap(), "apple\nfig\npear\n");
    }
}
