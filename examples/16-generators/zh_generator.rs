//! The Chinese guide's plain generator: three steps, a loop, a list.
//!
//! Run it: `cargo run --example zh_generator`
//!
//! Shows: zh_generator

use asyncio::{Generator, Result};

// ANCHOR: program
fn count_up_to(max: u32) -> Generator<u32> {
    Generator::new(async move |mut y| {
        let mut count = 1;
        while count <= max {
            y.yield_(count).await?;
            count += 1;
        }
        Ok(())
    })
}

fn main() -> Result<()> {
    let counter = count_up_to(5);
    for num in counter.take(3) {
        println!("{}", num?);
    }
    for num in count_up_to(5) {
        println!("{}", num?);
    }
    let numbers: Vec<u32> = count_up_to(5).collect::<Result<_>>()?;
    println!("{numbers:?}");
    Ok(())
}
// ANCHOR_END: program
