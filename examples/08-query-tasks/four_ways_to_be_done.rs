//! A task is done when its coroutine comes to its end, returns early, raises, or is
//! cancelled. What `done`, `cancelled`, `result` and `exception` say after each.
//!
//! Run it: `cargo run --example four_ways_to_be_done`
//!
//! Shows: four_ways_to_be_done, task_done, task_cancelled

use asyncio::{Exception, Result, Task, create_task, run, sleep, wait};
use guide::repr::Repr;

// ANCHOR: search
async fn search(shelf: &'static [i32], wanted: i32) -> Result<()> {
    for &book in shelf {
        sleep(2).await?;
        if book == wanted {
            return Ok(());
        }
        if book == 0 {
            Err(Exception::new("a gap"))?;
        }
    }
    Ok(())
}
// ANCHOR_END: search

// ANCHOR: table
fn print_row(how: &str, task: &Task<()>) {
    println!(
        "{how:10}  {:5}  {:9}  {:40}  {}",
        task.done().repr(),
        task.cancelled().repr(),
        task.result().repr(),
        task.exception().repr(),
    );
}

async fn program() -> Result<()> {
    let to_the_end = create_task(search(&[1, 2, 3], 7));
    let early = create_task(search(&[1, 2, 3], 2));
    let raises = create_task(search(&[1, 0, 3], 7));
    let cancelled = create_task(search(&[1, 2, 3], 7));

    sleep(1).await?;
    println!(
        "{:10}  {:5}  {:9}  {:40}  exception",
        "", "done", "cancelled", "result"
    );
    print_row("under way", &to_the_end);
    cancelled.cancel();
    wait([&to_the_end, &early, &raises, &cancelled]).await?;
    print_row("to the end", &to_the_end);
    print_row("returned", &early);
    print_row("raised", &raises);
    print_row("cancelled", &cancelled);
    Ok(())
}
// ANCHOR_END: table

fn main() -> Result<()> {
    run(program())
}
