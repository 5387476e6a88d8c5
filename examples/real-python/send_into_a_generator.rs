//! What coroutines are made of. A generator can be sent a value; it hands over to
//! another by `yield from`, as a coroutine does by `await`; and what it returns
//! rides on the exception `StopIteration`, in Rust a variant of what a step gives.
//!
//! Run it: `cargo run --example send_into_a_generator`
//!
//! Shows: send_into_a_generator, result_travels_in_an_exception

use asyncio::{Generator, Result};

// ANCHOR: program
/// Asks two questions and returns a sentence made of the answers.
fn interview() -> Generator<&'static str, u32, u32> {
    Generator::new(async |mut y| {
        let born = y.yield_("born in?").await?.unwrap_or_default();
        let now = y.yield_("and now it is?").await?.unwrap_or_default();
        Ok(now - born)
    })
}

/// Stands for `yield from interview()`: the questions and answers go through it.
fn form() -> Generator<&'static str, u32, String> {
    Generator::new(async |mut y| {
        let age = y.yield_from(&interview()).await?.unwrap_or_default();
        Ok(format!("age {age}"))
    })
}

fn main() -> Result<()> {
    let form = form();
    println!("{:?}", form.resume()?);
    println!("{:?}", form.send(1912)?);
    println!("{:?}", form.send(1954)?);
    Ok(())
}
// ANCHOR_END: program
