//! Three coroutines count to two at the same time. Each pause is handed to the
//! loop, so all three fit into one second.
//!
//! Run it: `cargo run --example countasync`
//!
//! Shows: countasync, other_routines_run_while_one_waits

use asyncio::time::perf_counter;
use asyncio::{Result, gather, run, sleep};

// ANCHOR: program
async fn count() -> Result<()> {
    println!("One");
    sleep(1).await?;
    println!("Two");
    Ok(())
}

async fn program() -> Result<()> {
    gather([count(), count(), count()]).await?;
    Ok(())
}

fn main() -> Result<()> {
    let start = perf_counter();
    run(program())?;
    println!("{} executed in {:.2} seconds.", file!(), perf_counter() - start);
    Ok(())
}
// ANCHOR_END: program
