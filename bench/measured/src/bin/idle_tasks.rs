//! A task that waits costs the loop nothing: one turn takes as long among ten thousand idle tasks as alone.
//!
//! Shows: loop_steps_only_what_is_ready

use std::time::Instant;

use asyncio::{Event, Result, create_task, run, sleep};
use measured::report;

const TURNS: u32 = 20_000;

async fn turns(idle: u32) -> Result<()> {
    let never = Event::new();
    for _ in 0..idle {
        let never = never.clone();
        create_task(async move { never.wait().await.map(drop) });
    }
    // The first turns find cold caches.
    for _ in 0..TURNS {
        sleep(0).await?;
    }
    let start = Instant::now();
    for _ in 0..TURNS {
        sleep(0).await?;
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(TURNS);
    report(&format!("one turn of a busy task, beside {idle} idle ones"), seconds, "s");
    Ok(())
}

fn main() -> Result<()> {
    for idle in [0, 100, 10_000] {
        run(turns(idle))?;
    }
    Ok(())
}
