//! What a search finds in programs, and how it reports that.

#[macro_use]
extern crate asyncio_testing;

mod cancellation;
mod failures;
mod orders;
#[cfg(unix)]
mod outside;
mod reports;
mod threads;
mod time;

use std::cell::Cell;
use std::rc::Rc;

use asyncio_runtime::{Result, gather, sleep};

/// Each of the workers reads the counter, gives way, and writes what it read plus one, `steps` times.
fn lost_update(workers: u32, steps: u32) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<u32>>>> + Sync {
    move || {
        Box::pin(async move {
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
        })
    }
}
