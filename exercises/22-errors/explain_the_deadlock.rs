//! Three philosophers sit at a table with three forks. Each takes the fork on the
//! left and then the one on the right, and they deadlock. Do not fix that yet:
//! explain it. Write down for whom Ada, Bela and Cleo wait.

use asyncio::{Lock, Result, create_task, gather, sleep};

// START
// const WAITS_FOR: [(&str, &str); 3] = [("Ada", "?"), ("Bela", "?"), ("Cleo", "?")];
// SOLUTION
const WAITS_FOR: [(&str, &str); 3] =
    [("Ada", "Bela"), ("Bela", "Cleo"), ("Cleo", "Ada")];
// END

async fn dine(left: Lock, right: Lock) -> Result<()> {
    let _left = left.lock().await?;
    sleep(1).await?;
    let _right = right.lock().await?;
    sleep(1).await
}

async fn dinner() -> Result<()> {
    let forks = [Lock::new(), Lock::new(), Lock::new()];
    let names = ["Ada", "Bela", "Cleo"];
    let seats = [0, 1, 2].map(|seat| {
        let (left, right) = (forks[seat].clone(), forks[(seat + 1) % 3].clone());
        create_task(dine(left, right)).named(names[seat])
    });
    gather(seats).await?;
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
    fn the_report_says_who_waits_for_whom() {
        let report = timed(dinner()).0.expect_err("it deadlocks").to_string();
        for (waits, has) in WAITS_FOR {
            let is_said = report.lines().any(|line| {
                let line = line.trim();
                line.starts_with(&format!("{waits} waits"))
                    && line.contains(&format!("acquired by {has}"))
            });
            assert!(
                is_said,
                "{waits} does not wait for {has:?}. The loop says:\n{report}"
            );
        }
    }
}
