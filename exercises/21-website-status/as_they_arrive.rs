//! Report each site as soon as it has answered, not in the order in which the sites
//! were asked.

use asyncio::{Result, as_completed, sleep_result};

async fn ask(site: (&'static str, u32)) -> Result<&'static str> {
    sleep_result(site.1, site.0).await
}

/// Calls `report` with the name of each site.
async fn check_all(
    sites: [(&'static str, u32); 3],
    mut report: impl FnMut(&'static str),
) -> Result<()> {
    // START
    // for name in asyncio::gather(sites.map(ask)).await? {
    //     report(name);
    // }
    // SOLUTION
    for next in as_completed(sites.map(ask)) {
        report(next.await?);
    }
    // END
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
    fn the_quick_ones_come_first() {
        let (result, _) = timed(async {
            let start = asyncio::get_running_loop()?.time();
            let mut reports = Vec::new();
            check_all([("slow", 3), ("quick", 1), ("so-so", 2)], |name| {
                let now = asyncio::get_running_loop().unwrap().time();
                reports.push((name, (now - start).round()));
            })
            .await?;
            Ok(reports)
        });
        assert_eq!(
            result.unwrap(),
            [("quick", 1.0), ("so-so", 2.0), ("slow", 3.0)]
        );
    }
}
