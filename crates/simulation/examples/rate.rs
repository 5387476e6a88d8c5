//! How many schedules a second one thread runs: a lost update, on a loop of its own each time. Once with 2 workers that add 1
//! in one step, and once with 3 workers that each do so 3 times. Beside each rate is that in seconds of processor time, which
//! counts where the machine does other work.
//!
//! Run it: `cargo run --release -p asyncio-simulation --example rate [SCHEDULES]`

use std::cell::Cell;
use std::rc::Rc;

use asyncio::simulation::{Strategy, explore};
use asyncio::{Result, gather, sleep};
use rustix::time::{ClockId, clock_gettime};

async fn lost_update(workers: u32, steps: u32) -> Result<u32> {
    let counter = Rc::new(Cell::new(0));
    let work = |_| {
        let counter = Rc::clone(&counter);
        async move {
            for _ in 0..steps {
                let seen = counter.get();
                sleep(0).await?;
                counter.set(seen + 1);
            }
            Ok(())
        }
    };
    gather((0..workers).map(work)).await?;
    Ok(counter.get())
}

/// The seconds that this process has run on a processor.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() {
    let strategies =
        [Strategy::Walk, Strategy::Pct { depth: 1 }, Strategy::Pct { depth: 3 }, Strategy::Pos, Strategy::Mixed];
    let schedules = std::env::args().nth(1).map_or(200_000, |schedules| schedules.parse().expect("a number"));
    for (workers, steps) in [(2, 1), (3, 3)] {
        println!("{workers} workers, steps of each: {steps}");
        for strategy in strategies {
            let search = explore(|| lost_update(workers, steps)).strategy(strategy);
            let begun = processor_time();
            let result = search.schedules(schedules).threads(1).run();
            let rate = |seconds: f64| result.schedules as f64 / seconds;
            let (real, busy) = (rate(result.took.as_secs_f64()), rate(processor_time() - begun));
            println!("    {strategy:?}: {real:.0} schedules a second, {busy:.0} in one of processor time");
        }
    }
}
