//! A question of the page 06-event-loop: What does this program print?

use asyncio::{Result, run};

// ANCHOR: program
pub(crate) fn main() -> Result<()> {
    let inner = run(async { Ok(run(async { Ok(1) })) })?;
    match inner {
        Ok(number) => println!("{number}"),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
// ANCHOR_END: program
