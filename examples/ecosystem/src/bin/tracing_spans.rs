//! A span of `tracing` for each task: every line of the log says which task wrote
//! it, and on whose behalf.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin tracing_spans`

use std::io;

use asyncio::{Result, Task, TaskGroup, create_task, run, sleep, wait_for};
use tracing::{Instrument, Span, info, info_span, instrument, warn};

// ANCHOR: spawn
/// Creates a task in a span, below the span of the caller. `instrument` enters the
/// span for each step of the task and leaves it afterwards, so the steps of other
/// tasks in between are not in it.
#[track_caller]
fn spawn<T: 'static>(
    span: Span,
    coroutine: impl Future<Output = Result<T>> + 'static,
) -> Task<T> {
    let name = span.metadata().map_or("task", |metadata| metadata.name());
    create_task(coroutine.instrument(span.clone())).named(name)
}
// ANCHOR_END: spawn

// ANCHOR: work
#[instrument]
async fn boil(litres: f64) -> Result<()> {
    info!("heating");
    sleep(litres / 50.0).await?;
    info!("boiling");
    Ok(())
}

async fn brew(tea: &'static str, minutes: f64) -> Result<()> {
    boil(minutes).await?;
    match wait_for(sleep(minutes / 100.0), 0.04).await {
        Ok(()) => info!(tea, "ready"),
        Err(error) => warn!(tea, %minutes, ?error, "not ready"),
    }
    Ok(())
}

async fn program() -> Result<()> {
    let ordered = info_span!("order", table = 7);
    let order = spawn(ordered, async {
        info!("taken");
        let cups = [("assam", 3.0), ("mint", 5.0)];
        let cups = cups.map(|(tea, minutes)| {
            spawn(info_span!("cup", tea), brew(tea, minutes))
        });
        for cup in cups {
            cup.await?;
        }
        info!("served");
        Ok(())
    });
    info!("outside of every task's span");
    order.await?;

    // What a group spawns is a coroutine like any other.
    let group = TaskGroup::new();
    let guests = group.run(async |group| {
        for guest in ["Ada", "Bo"] {
            let leaving = async {
                info!("leaves");
                Ok(())
            };
            group.create_task(leaving.instrument(info_span!("guest", guest)))?;
        }
        Ok(())
    });
    guests.await
}
// ANCHOR_END: work

// ANCHOR: main
fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(io::stdout)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .init();
    run(program())
}
// ANCHOR_END: main
