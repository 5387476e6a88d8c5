//! A generator stops at each `yield` and goes on from there with its variables as
//! they were. `next` takes one step, a loop or `collect` takes the rest.
//!
//! Run it: `cargo run --example define_generator`
//!
//! Shows: define_generator, generator_next, generator_comprehension,
//! generator_resumes_where_it_left

use asyncio::{Generator, Result};

// ANCHOR: define
fn ten_numbers() -> Generator<u32> {
    Generator::new(async |mut y| {
        for number in 0..10 {
            y.yield_(number).await?;
        }
        Ok(())
    })
}
// ANCHOR_END: define

// ANCHOR: step
fn main() -> Result<()> {
    let mut numbers = ten_numbers();
    println!("made: nothing ran yet");
    for _ in 0..3 {
        println!("{:?}", numbers.next().transpose()?);
    }
    // The generator knows where it is; calling the function makes a new one.
    println!("the rest: {:?}", numbers.collect::<Result<Vec<_>>>()?);
    println!("all: {:?}", ten_numbers().collect::<Result<Vec<_>>>()?);
    Ok(())
}
// ANCHOR_END: step
