//! A generator without an end: a loop takes from it until it has enough, and later
//! it continues where it stopped.
//!
//! Run it: `cargo run --example endless`
//!
//! Shows: endless

use asyncio::{Generator, Result};

// ANCHOR: program
/// Yields 9, 8, 7, 6, 9, 8, 7, 6, ... forever.
fn endless() -> Generator<u32> {
    Generator::new(async |mut y| {
        y.yield_each([9, 8, 7, 6].into_iter().cycle()).await
    })
}

fn main() -> Result<()> {
    let mut e = endless();
    let mut total = 0;
    for i in e.by_ref() {
        let i = i?;
        if total < 100 {
            print!("{i} ");
            total += i;
        } else {
            println!();
            break;
        }
    }
    // The loop is over, the generator is not.
    let next: Vec<u32> = e.take(3).collect::<Result<_>>()?;
    println!("({}, {}, {})", next[0], next[1], next[2]);
    Ok(())
}
// ANCHOR_END: program
