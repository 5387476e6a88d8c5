//! An iterable makes a new iterator each time; an iterator returns itself. A loop
//! over an asynchronous one makes no task, and `None` is an item like any other.
//!
//! Run it: `cargo run --example iterables_and_iterators`
//!
//! Shows: iterable_and_iterator, async_for_creates_no_task,
//! async_for_items_may_be_none

use asyncio::{AsyncIterator, Result, aiter, all_tasks, current_task, run, sleep};
use guide::repr::Repr;

// ANCHOR: plain
fn first<'a>(days: impl IntoIterator<Item = &'a &'a str>) -> &'a str {
    days.into_iter().next().copied().unwrap_or_default()
}

fn plain() {
    let week = ["Mon", "Tue"];
    println!("a list: {} {}", first(&week), first(&week));

    let mut days = week.iter();
    println!("an iterator: {} {}", first(&mut days), first(&mut days));
}
// ANCHOR_END: plain

// ANCHOR: asynchronous
/// Measures the temperature every second. The second measurement is missing.
struct Thermometer {
    hour: usize,
}

impl AsyncIterator for Thermometer {
    type Item = Option<i32>;

    async fn anext(&mut self) -> Result<Option<Option<i32>>> {
        sleep(1).await?;
        self.hour += 1;
        Ok([Some(17), None, Some(19)].get(self.hour - 1).copied())
    }
}

async fn program() -> Result<()> {
    plain();
    let reader = current_task()?;
    let mut temperatures = aiter(Thermometer { hour: 0 });
    while let Some(degrees) = temperatures.anext().await? {
        let same_task = (current_task()? == reader).repr();
        println!(
            "{}: {} task, the same: {same_task}",
            degrees.repr(),
            all_tasks()?.len()
        );
    }
    Ok(())
}
// ANCHOR_END: asynchronous

fn main() -> Result<()> {
    run(program())
}
