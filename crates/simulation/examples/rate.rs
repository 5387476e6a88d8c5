//! How many schedules a second one thread runs: a lost update, on a loop of its own each time.
//!
//! Run it: `cargo run --release -p asyncio-simulation --example rate`

use std::cell::Cell;
use std::rc::Rc;

use asyncio::simulation::{Strategy, explore};
use asyncio::{Result, gather, sleep};

async fn lost_update() -> Result<u32> {
    let counter = Rc::new(Cell::new(0));
    let work = |_| {
        let counter = Rc::clone(&counter);
        async move {
            let seen = counter.get();
            sleep(0).await?;
            counter.set(seen + 1);
            Ok(())
        }
    };
    gather((0..2).map(work)).await?;
    Ok(counter.get())
}

fn main() {
    let strategies =
        [Strategy::Walk, Strategy::Pct { depth: 1 }, Strategy::Pct { depth: 3 }, Strategy::Pos, Strategy::Mixed];
    for strategy in strategies {
        let result = explore(lost_update).strategy(strategy).schedules(200_000).threads(1).run();
        let rate = result.schedules as f64 / result.took.as_secs_f64();
        println!("{strategy:?}: {rate:.0} schedules a second");
    }
}
