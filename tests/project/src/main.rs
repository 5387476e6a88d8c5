//! Asks a slow service again and again, with longer and longer pauses.

// ANCHOR: program
use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};

use asyncio::{Result, get_running_loop, sleep, timeout};

/// A service whose answers take so long, one after the other.
struct Service {
    delays: Vec<f64>,
    asked: Cell<usize>,
}

impl Service {
    fn new(delays: &[f64]) -> Self {
        Self { delays: delays.to_vec(), asked: Cell::new(0) }
    }

    async fn ask(&self) -> Result<&'static str> {
        let delay = self.delays[self.asked.get() % self.delays.len()];
        self.asked.set(self.asked.get() + 1);
        sleep(delay).await?;
        Ok("42")
    }
}

/// Asks up to three times, and waits five seconds for each answer.
async fn retry(service: &Service, log: &Log) -> Result<&'static str> {
    let mut pause = 1.0;
    for attempt in 1.. {
        log.line("ask")?;
        match timeout(5).run(async |_| service.ask().await).await {
            Err(error) if attempt == 3 => return Err(error),
            Err(_) => log.line("no answer")?,
            Ok(answer) => {
                log.line("an answer")?;
                return Ok(answer);
            }
        }
        sleep(pause).await?;
        pause *= 2.0;
    }
    unreachable!("the third attempt returns")
}
// ANCHOR_END: program

// ANCHOR: log
/// Lines, each with the seconds since the log was made.
struct Log {
    begun: f64,
    lines: RefCell<String>,
}

impl Log {
    fn new() -> Result<Self> {
        Ok(Self { begun: get_running_loop()?.time(), lines: RefCell::default() })
    }

    fn line(&self, text: &str) -> Result<()> {
        let seconds = get_running_loop()?.time() - self.begun;
        writeln!(self.lines.borrow_mut(), "{seconds:>5.1}  {text}")?;
        Ok(())
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.borrow())
    }
}
// ANCHOR_END: log

// ANCHOR: main
#[asyncio::main]
async fn main() -> Result<()> {
    let (service, log) = (Service::new(&[9.0, 9.0, 0.2]), Log::new()?);
    let answer = retry(&service, &log).await?;
    print!("{log}");
    println!("{answer}");
    Ok(())
}
// ANCHOR_END: main

#[cfg(test)]
mod tests {
    use asyncio::TimeoutError;
    use insta::assert_snapshot;

    use super::*;

    // ANCHOR: first
    #[asyncio::test]
    async fn the_pauses_get_longer() -> Result<()> {
        let (service, log) = (Service::new(&[9.0, 9.0, 0.2]), Log::new()?);
        assert_eq!(retry(&service, &log).await?, "42");
        assert_snapshot!(log, @"
          0.0  ask
          5.0  no answer
          6.0  ask
         11.0  no answer
         13.0  ask
         13.2  an answer
        ");
        Ok(())
    }
    // ANCHOR_END: first

    // ANCHOR: error
    #[asyncio::test]
    async fn the_third_failure_is_the_last() -> Result<()> {
        let (service, log) = (Service::new(&[9.0]), Log::new()?);
        assert!(retry(&service, &log).await.unwrap_err().is::<TimeoutError>());
        assert_snapshot!(log, @"
          0.0  ask
          5.0  no answer
          6.0  ask
         11.0  no answer
         13.0  ask
        ");
        Ok(())
    }
    // ANCHOR_END: error

    // ANCHOR: orders
    #[asyncio::test(leaks = "deny", schedules = 500)]
    async fn two_callers_do_not_disturb_each_other() -> Result<()> {
        let call = |delay| async move {
            let (service, log) = (Service::new(&[delay, 0.5]), Log::new()?);
            retry(&service, &log).await?;
            Ok(log.to_string())
        };
        let logs = asyncio::gather([call(9.0), call(0.5)]).await?;
        assert!(logs[0].ends_with("  6.5  an answer\n"), "{}", logs[0]);
        assert!(logs[1].ends_with("  0.5  an answer\n"), "{}", logs[1]);
        Ok(())
    }
    // ANCHOR_END: orders
}
